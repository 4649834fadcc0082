-- What remotes send by themselves: where they send it to, and the inbox in which it waits to be worked on.

-- The receiver knows no Airflow connection: what an event is signed with is kept here, sealed with OPTIPLY_SECRET_KEY.
create table platform.webhook_endpoints (
    coupling_id  integer primary key references platform.couplings (id),
    token        text not null unique check (length(token) >= 20),
    secret       bytea,
    is_active    boolean not null default true,
    created_at   timestamptz not null default now()
);
comment on column platform.webhook_endpoints.token is 'Random; the address of a coupling is /webhooks/<token>.';
comment on column platform.webhook_endpoints.secret is 'Sealed; without one every event is refused.';

create table platform.webhook_events (
    id           bigint generated always as identity primary key,
    coupling_id  integer not null references platform.couplings (id),
    source       text not null default 'webhook' check (source in ('webhook', 'api')),
    topic        text not null,
    object       text,
    stream       text,
    remote_id    text,
    follow_up    text not null default 'single' check (follow_up in ('single', 'changed')),
    says_gone    boolean not null default false,
    happened_at  timestamptz,
    received_at  timestamptz not null default now(),
    dedup        bytea not null,
    record       bytea,
    body         bytea not null,
    state        text not null default 'waiting' check (state in ('waiting', 'done', 'poison')),
    attempts     integer not null default 0,
    waits_until  timestamptz,
    reason       text,
    pull_id      bigint,
    done_at      timestamptz,
    unique (coupling_id, dedup)
);
comment on table platform.webhook_events is 'Inbox: an event is in here before its sender hears that it was accepted.';
comment on column platform.webhook_events.record is 'The record that the event brings, as in an answer of the API; null = it only says which one changed. Emptied when done.';
comment on column platform.webhook_events.follow_up is 'How an event without a record is followed up: by its id, or by what changed since the last pull.';
comment on column platform.webhook_events.says_gone is 'The remote says that it has deleted the record.';
comment on column platform.webhook_events.dedup is 'A repeated delivery has the same; it is accepted and does nothing.';
comment on column platform.webhook_events.waits_until is 'After a failed try: not before this time.';
comment on column platform.webhook_events.pull_id is 'The pull that brought what the event was about.';
create index webhook_events_waiting on platform.webhook_events (coupling_id, attempts, id) where state = 'waiting';
create index webhook_events_poison on platform.webhook_events (coupling_id, id) where state = 'poison';
create index webhook_events_done on platform.webhook_events (done_at) where state = 'done';

-- A coupling whose remote does not answer, or refuses our credentials, is left alone for a while, with all its events.
create table platform.webhook_pauses (
    coupling_id  integer primary key references platform.couplings (id),
    until        timestamptz not null,
    times        integer not null default 1,
    reason       text not null
);

-- Pulls that follow up events: of several records at once, or of none where the events brought them.
alter table platform.pulls
    add column remote_ids text[],
    drop constraint pulls_mode_check,
    add constraint pulls_mode_check check (mode in ('changed', 'all', 'single', 'webhook'));
create index pulls_single on platform.pulls (coupling_id, started_at) where mode = 'single';
comment on column platform.pulls.remote_ids is 'The records that a pull for events asked for.';
