-- What is wrong now and who was told; what failing calls looked like.

create table platform.alerts (
    id           bigint generated always as identity primary key,
    coupling_id  integer references platform.couplings (id) on delete cascade,
    kind         text not null,
    subject      text not null default '',
    variant      text not null default '',
    since        timestamptz not null,
    opened_at    timestamptz not null default now(),
    ended_at     timestamptz,
    error_class  text,
    text         text not null,
    acts         text not null,
    next_step    text not null
);
comment on table platform.alerts is 'One row per trouble of a coupling, from when the monitor saw it until it was over.';
comment on column platform.alerts.coupling_id is 'Null where it belongs to several: a quota, the mapping of a webshop.';
comment on column platform.alerts.kind is 'auth, activation, failing, late, stuck, quota, poison, backlog, orders, pushing, approval, registration, mapping.';
comment on column platform.alerts.subject is 'The object, quota, topic or webshop that it is about.';
comment on column platform.alerts.variant is 'What makes it another message when it changes: the class of the error, the step of an activation.';
create unique index alerts_open on platform.alerts (coalesce(coupling_id, 0), kind, subject) where ended_at is null;
create index alerts_ended on platform.alerts (ended_at) where ended_at is not null;

create table platform.alert_messages (
    id           bigint generated always as identity primary key,
    alert_id     bigint not null references platform.alerts (id) on delete cascade,
    at           timestamptz not null default now(),
    event        text not null check (event in ('began', 'changed', 'ended')),
    line         text not null,
    detail       text,
    slack_at     timestamptz,
    email_at     timestamptz
);
comment on table platform.alert_messages is 'One row per change that people are told of; written with the change, sent after it, as often as needed.';
comment on column platform.alert_messages.slack_at is 'When Slack took it, or when it was found that there is no connection `slack`; null = still to be sent.';
create index alert_messages_for_slack on platform.alert_messages (id) where slack_at is null;
create index alert_messages_for_email on platform.alert_messages (id) where email_at is null;

create table platform.http_details (
    id           bigint generated always as identity primary key,
    at           timestamptz not null default now(),
    coupling_id  integer not null references platform.couplings (id) on delete cascade,
    operation    text not null,
    method       text not null,
    address      text not null,
    status       integer,
    headers      jsonb not null default '{}',
    body         text not null default '',
    milliseconds integer,
    error_class  text not null,
    error_text   text not null
);
comment on table platform.http_details is 'One row per call that failed, redacted and cut; kept for days (OPTIPLY_KEEP_HTTP_DETAILS_DAYS).';
comment on column platform.http_details.status is 'Null where no answer came.';
comment on column platform.http_details.headers is 'Of the answer, only those that tell about limits and the like.';
create index http_details_of on platform.http_details (coupling_id, id desc);
create index http_details_at on platform.http_details (at);

-- What `maintain` looks for.
create index quarantine_resolved on platform.quarantine (resolved_at) where resolved_at is not null;
create index pulls_finished on platform.pulls (finished_at) where finished_at is not null;
