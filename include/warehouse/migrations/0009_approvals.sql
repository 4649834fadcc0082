-- Deletions that wait for a person: what a pull of everything did not meet, above the guard's threshold (R16).

create table platform.approvals (
    id           bigint generated always as identity primary key,
    webshop_id   integer not null references platform.webshops (id),
    coupling_id  integer not null references platform.couplings (id),
    pull_id      bigint not null references platform.pulls (id),
    object       text not null,
    stream       text not null,
    state        text not null default 'waiting'
                 check (state in ('waiting', 'approved', 'refused', 'expired', 'overtaken')),
    asked_at     timestamptz not null default now(),
    expires_at   timestamptz not null,
    decided_at   timestamptz,
    decided_by   text,
    known        bigint not null,
    seen         bigint not null,
    missing      bigint not null,
    deleted      bigint not null default 0,
    check ((state = 'waiting') = (decided_at is null))
);
comment on table platform.approvals is 'One row per question to a person whether missing records may be deleted; its records are in approval_records.';
comment on column platform.approvals.pull_id is 'The latest pull of everything that missed exactly these records; it knows the DAG run that asked.';
comment on column platform.approvals.decided_by is 'Who answered; for overtaken the pull whose outcome replaced the question.';
create unique index approvals_waiting on platform.approvals (coupling_id, stream) where state = 'waiting';
create index approvals_in_force on platform.approvals (coupling_id, stream) where state in ('waiting', 'refused');

create table platform.approval_records (
    approval_id   bigint not null references platform.approvals (id) on delete cascade,
    record_key    text not null,
    label         text,
    came_back_at  timestamptz,
    primary key (approval_id, record_key)
);
comment on column platform.approval_records.came_back_at is 'When the remote sent the record after all, changed or not: it is neither deleted nor counted as refused any more.';

alter table platform.pull_streams drop column guard_asks;
comment on column platform.pull_streams.guard is 'Why a finished pull of everything did not delete all that it missed.';
