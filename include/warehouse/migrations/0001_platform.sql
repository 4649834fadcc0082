-- The platform's own tables: who is coupled, what was pulled, what waits to be mapped, what could not be mapped.

create schema if not exists staging;
create schema if not exists mapping;
create schema if not exists optiply;

create table platform.webshops (
    id         integer generated always as identity primary key,
    name       text not null unique,
    title      text not null,
    time_zone  text not null
);

create table platform.couplings (
    id           integer generated always as identity primary key,
    webshop_id   integer not null references platform.webshops (id),
    name         text not null unique,
    connector    text not null,
    title        text not null,
    role         text not null check (role in ('primary', 'secondary')),
    match_key    text check (match_key in ('ean', 'sku', 'remote_id')),
    settings     jsonb not null default '{}',
    config_hash  text not null,
    active       boolean not null default true,
    synced_at    timestamptz not null default now()
);
comment on column platform.couplings.settings is 'Settings of the coupling with the manifest''s defaults filled in; no secret.';

-- Which couplings bring an object of a webshop; priority 1 wins.
create table platform.ownership (
    webshop_id   integer not null references platform.webshops (id),
    object       text not null,
    coupling_id  integer not null references platform.couplings (id),
    priority     integer not null,
    primary key (webshop_id, object, coupling_id)
);

create table platform.pulls (
    id            bigint generated always as identity primary key,
    webshop_id    integer not null references platform.webshops (id),
    coupling_id   integer not null references platform.couplings (id),
    object        text not null,
    mode          text not null check (mode in ('changed', 'all', 'single')),
    since         timestamptz,
    remote_id     text,
    outcome       text check (outcome in ('succeeded', 'failed', 'abandoned')),
    started_at    timestamptz not null default now(),
    finished_at   timestamptz,
    attempts      integer not null default 1,
    dag_id        text,
    run_id        text,
    requests      integer not null default 0,
    waits_until   timestamptz,
    error_class   text,
    error_text    text,
    next_step     text,
    acts          text
);
comment on column platform.pulls.waits_until is 'Set while the pull has given its worker back and waits for a limit.';
comment on table platform.pulls is 'One row per pull of an object; outcome is null while it runs or waits to be resumed.';
create index pulls_open on platform.pulls (coupling_id, object) where outcome is null;
create index pulls_recent on platform.pulls (coupling_id, object, started_at desc);

-- Each time a pull stopped, with its reason; the pull's own row holds the latest.
create table platform.pull_faults (
    pull_id      bigint not null references platform.pulls (id) on delete cascade,
    at           timestamptz not null default now(),
    attempt      integer not null,
    error_class  text not null,
    error_text   text not null,
    next_step    text not null,
    acts         text not null
);
create index pull_faults_of on platform.pull_faults (pull_id);

-- Progress and checkpoint of each stream of a pull; written in the transaction of the page.
create table platform.pull_streams (
    pull_id      bigint not null references platform.pulls (id) on delete cascade,
    stream       text not null,
    position     jsonb,
    cursor_next  jsonb,
    pages        integer not null default 0,
    records      bigint not null default 0,
    new          bigint not null default 0,
    changed      bigint not null default 0,
    unchanged    bigint not null default 0,
    stale        bigint not null default 0,
    returned     bigint not null default 0,
    gone         bigint not null default 0,
    quarantined  bigint not null default 0,
    expected     bigint,
    expected_at_first  bigint,
    complete     boolean not null default false,
    guard        text,
    guard_asks   boolean not null default false,
    updated_at   timestamptz not null default now(),
    primary key (pull_id, stream)
);
comment on column platform.pull_streams.guard is 'Why a finished pull of everything deleted nothing; guard_asks: a person has to decide.';

-- The keys of each landed page of a pull-all: the evidence that a snapshot is complete. Removed when the pull is settled.
create table platform.pull_pages (
    pull_id    bigint not null references platform.pulls (id) on delete cascade,
    stream     text not null,
    page       integer not null,
    keys       jsonb not null,
    landed_at  timestamptz not null default now(),
    primary key (pull_id, stream, page)
);

-- Where the next changed-since pull of a stream starts; moved only by a finished pull.
create table platform.cursors (
    coupling_id         integer not null references platform.couplings (id),
    stream              text not null,
    value               jsonb,
    first_completed_at  timestamptz not null default now(),
    completed_at        timestamptz not null default now(),
    primary key (coupling_id, stream)
);

-- Roots whose raw records changed and that no transform has taken yet. Written for every new record and read whole
-- by each transform, so it has no key and no index.
create table platform.news (
    webshop_id   integer not null,
    coupling_id  integer not null,
    object       text not null,
    root_key     text not null,
    pull_id      bigint,
    created_at   timestamptz not null default now()
);

-- The roots that the running transform works on; emptied when it succeeded.
create table platform.transform_batch (
    object       text not null,
    coupling_id  integer not null,
    root_key     text not null,
    webshop_id   integer not null,
    taken        boolean not null default true,
    primary key (object, coupling_id, root_key)
);

create table platform.transforms (
    id           bigint generated always as identity primary key,
    started_at   timestamptz not null default now(),
    finished_at  timestamptz,
    outcome      text check (outcome in ('succeeded', 'failed', 'nothing to do')),
    roots        bigint not null default 0,
    error_class  text,
    error_text   text,
    next_step    text,
    acts         text
);

create table platform.transform_counts (
    transform_id  bigint not null references platform.transforms (id) on delete cascade,
    coupling_id   integer not null,
    object        text not null,
    inserted      bigint not null default 0,
    updated       bigint not null default 0,
    deleted       bigint not null default 0,
    untouched     bigint not null default 0,
    primary key (transform_id, coupling_id, object)
);

create table platform.quarantine (
    id             bigint generated always as identity primary key,
    webshop_id     integer not null,
    coupling_id    integer not null,
    object         text not null,
    remote_id      text not null,
    root_key       text,
    field          text not null,
    reason         text not null,
    severity       text not null check (severity in ('blocked', 'warning')),
    waiting        boolean not null default false,
    raw            text,
    first_seen_at  timestamptz not null default now(),
    last_seen_at   timestamptz not null default now(),
    attempts       integer not null default 1,
    resolved_at    timestamptz,
    unique (coupling_id, object, remote_id, field, reason)
);
comment on column platform.quarantine.waiting is 'True when the cause lies in another record (a parent or a product that may still come): retried by every transform.';
comment on column platform.quarantine.raw is 'The record as received, only where it could not be landed (no key, not JSON for PostgreSQL).';
create index quarantine_open on platform.quarantine (coupling_id, object) where resolved_at is null;
create index quarantine_waiting on platform.quarantine (webshop_id) where resolved_at is null and waiting;

-- OAuth tokens, encrypted; the row is locked while it is refreshed, so one refresh serves every worker.
create table platform.tokens (
    credential  text primary key,
    secret      bytea,
    expires_at  timestamptz,
    version     bigint not null default 0,
    updated_at  timestamptz not null default now()
);

-- One row per budget window of a credential: requests are counted here for all workers.
create table platform.budgets (
    credential    text not null,
    window_name   text not null,
    capacity      integer not null,
    period        interval not null,
    used          integer not null default 0,
    resets_at     timestamptz not null default now(),
    primary key (credential, window_name)
);

-- Small facts that the platform remembers between runs.
create table platform.facts (
    name   text primary key,
    value  jsonb not null
);
