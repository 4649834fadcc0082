-- What is registered at remotes so that they send by themselves, and what each look at it found.

alter table platform.webhook_endpoints
    add column previous_secret bytea,
    add column previous_until timestamptz,
    add column secret_set_at timestamptz,
    add column keys_wanted_at timestamptz,
    add constraint webhook_endpoints_previous_check check ((previous_secret is null) = (previous_until is null));
comment on column platform.webhook_endpoints.is_active is 'What a person wants: registered, or removed.';
comment on column platform.webhook_endpoints.previous_secret is 'Sealed; accepted beside the new one until previous_until: what was signed before a change still arrives.';
comment on column platform.webhook_endpoints.keys_wanted_at is 'A delivery named a public key that is not among those of the secret: they have to be fetched anew.';

create table platform.webhook_registrations (
    coupling_id    integer not null references platform.couplings (id),
    topic          text not null,
    state          text not null check (state in ('wanted', 'registered', 'disabled', 'lost', 'failed', 'removed', 'left')),
    remote_id      text,
    address        text,
    secret_digest  bytea,
    error_class    text,
    reason         text,
    acts           text,
    next_step      text,
    repairs        integer not null default 0,
    intended_at    timestamptz,
    registered_at  timestamptz,
    checked_at     timestamptz,
    primary key (coupling_id, topic)
);
comment on table platform.webhook_registrations is 'One topic of a coupling, registered at its remote once or not at all.';
comment on column platform.webhook_registrations.state is 'wanted = the call was about to be made and its outcome is not known yet; disabled, lost = found so and not repaired; left = may not be taken away with our login.';
comment on column platform.webhook_registrations.secret_digest is 'SHA-256 of the secret that the remote was given, where it was given one.';
comment on column platform.webhook_registrations.repairs is 'How often it was found lost or switched off, and put right.';

create table platform.webhook_checks (
    id           bigint generated always as identity primary key,
    coupling_id  integer not null references platform.couplings (id),
    operation    text not null check (operation in ('register', 'check', 'remove', 'rotate')),
    started_at   timestamptz not null default now(),
    finished_at  timestamptz,
    outcome      text check (outcome in ('right', 'changed', 'failed')),
    words        text,
    requests     integer,
    error_class  text,
    error_text   text,
    acts         text,
    next_step    text
);
comment on table platform.webhook_checks is 'Each time that registrations were made, looked at or taken away: what was found and done. Kept for 30 days.';
create index webhook_checks_coupling on platform.webhook_checks (coupling_id, id desc);
create index webhook_checks_started on platform.webhook_checks (started_at);
