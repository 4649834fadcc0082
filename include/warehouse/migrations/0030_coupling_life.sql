-- A coupling's life: whether its schedules count, who wanted that, how far its activation is, and what people did.

alter table platform.couplings add column connection text;
comment on column platform.couplings.connection is 'The Airflow connection with its credentials; couplings that share one are stopped and revived together. Null until the next deploy: one of its own name.';

create table platform.coupling_life (
    coupling_id      integer primary key references platform.couplings (id) on delete cascade,
    state            text not null check (state in ('new', 'activating', 'active', 'paused', 'needs_auth', 'inactive')),
    since            timestamptz not null default now(),
    before           text check (before in ('new', 'activating', 'active', 'paused')),
    wanted_by        text,
    catch_up         boolean not null default false,
    error_class      text,
    error_text       text,
    acts             text,
    next_step        text,
    refused_object   text,
    refused_digest   bytea,
    check ((state = 'needs_auth') = (before is not null))
);
comment on table platform.coupling_life is 'One row per coupling: only where the state is active do its schedules pull and push.';
comment on column platform.coupling_life.before is 'With needs_auth: the state to go back to when the credentials work again.';
comment on column platform.coupling_life.catch_up is 'Every object is owed a pull of what changed since its cursor; true until each has had one that began after `since`.';
comment on column platform.coupling_life.error_text is 'Why it is in this state, as support reads it: the refusal, or the step of an activation that failed.';
comment on column platform.coupling_life.refused_object is 'With needs_auth: whose pull was refused, so that the check asks for the same.';
comment on column platform.coupling_life.refused_digest is 'With needs_auth: a keyed hash of the credentials that were refused; others are tried by the next scheduled run.';

-- What was registered before this migration and has worked goes on working.
insert into platform.coupling_life (coupling_id, state, since, wanted_by)
select
    c.id,
    case when p.first_success is null then 'new' else 'active' end,
    coalesce(p.first_success, now()),
    'upgrade'
from platform.couplings as c
left join lateral (
    select min(finished_at) as first_success from platform.pulls where coupling_id = c.id and outcome = 'succeeded'
) as p on true;

create function platform.begin_life() returns trigger language plpgsql as $$
begin
    insert into platform.coupling_life (coupling_id, state) values (new.id, 'new') on conflict do nothing;
    return null;
end $$;
create trigger begin_life after insert on platform.couplings for each row execute function platform.begin_life();

-- Who shows couplings listens to this channel; the payload is the coupling's number.
create function platform.tell_life() returns trigger language plpgsql as $$
begin
    perform pg_notify('coupling_life', new.coupling_id::text);
    return null;
end $$;
create trigger tell_life after insert or update on platform.coupling_life
    for each row execute function platform.tell_life();

create table platform.audit (
    id           bigint generated always as identity primary key,
    at           timestamptz not null default now(),
    who          text not null,
    what         text not null,
    webshop_id   integer references platform.webshops (id) on delete set null,
    coupling_id  integer references platform.couplings (id) on delete set null,
    detail       jsonb not null default '{}'
);
comment on table platform.audit is 'What a person, or the platform by itself, decided about a coupling; written with the deed. Holds no secret.';
create index audit_of on platform.audit (coupling_id, id desc);
create index audit_at on platform.audit (at);

create table platform.activation_steps (
    coupling_id    integer not null references platform.couplings (id) on delete cascade,
    activation     integer not null,
    place          smallint not null,
    step           text not null,
    object         text,
    streams        smallint,
    state          text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed', 'dropped')),
    attempts       integer not null default 0,
    started_at     timestamptz,
    finished_at    timestamptz,
    waits_until    timestamptz,
    words          text,
    error_class    text,
    error_text     text,
    acts           text,
    next_step      text,
    primary key (coupling_id, activation, step)
);
comment on table platform.activation_steps is 'Each activation of a coupling, step by step; one that failed is taken up at the first step that is not done.';
comment on column platform.activation_steps.streams is 'Of a pull: how many streams it has, for its share.';
comment on column platform.activation_steps.state is 'dropped = the coupling was switched off before the activation ended, or the step is not asked for any more.';
create trigger tell_step after insert or update on platform.activation_steps
    for each row execute function platform.tell_life();

create table platform.schedules (
    coupling_id  integer not null references platform.couplings (id) on delete cascade,
    place        smallint not null,
    cron         text not null,
    time_zone    text not null,
    mode         text not null check (mode in ('changed', 'all')),
    objects      text[] not null,
    primary key (coupling_id, place)
);
comment on table platform.schedules is 'When a coupling pulls what, as its YAML file says, with H filled in; none while it is switched off there.';

-- The latest activation of each coupling, with the step it is at and how far it is.
create view platform.activations as
with latest as (
    select coupling_id, max(activation) as activation from platform.activation_steps group by coupling_id
),
steps as (
    select
        s.*,
        case
            when s.state = 'done' then 1
            when s.object is not null and p.id is not null then p.share
            else 0
        end as share,
        p.id as pull_id, p.records, p.expected,
        extract(epoch from coalesce(s.finished_at, now()) - s.started_at) as seconds,
        earlier.seconds as seconds_before
    from latest
    join platform.activation_steps as s using (coupling_id, activation)
    left join lateral (
        select
            pull.id, sum(t.records)::bigint as records,
            case when bool_and(t.expected is not null) then sum(t.expected)::bigint end as expected,
            least(1, coalesce(sum(
                case
                    when t.complete then 1
                    when t.expected > 0 then least(1, t.records::numeric / t.expected)
                    else 0
                end
            ), 0) / greatest(s.streams, 1)) as share
        from platform.pulls as pull
        left join platform.pull_streams as t on t.pull_id = pull.id
        where
            s.state in ('running', 'failed') and s.object is not null and pull.coupling_id = s.coupling_id
            and pull.object = s.object and pull.mode = 'all'
            and (pull.outcome is null or pull.started_at >= s.started_at)
        group by pull.id
        order by pull.id desc limit 1
    ) as p on true
    left join lateral (
        select extract(epoch from e.finished_at - e.started_at) as seconds
        from platform.activation_steps as e
        where e.coupling_id = s.coupling_id and e.step = s.step and e.activation < s.activation and e.state = 'done'
        order by e.activation desc limit 1
    ) as earlier on true
    where s.state <> 'dropped'
),
told as (
    select
        coupling_id, activation,
        count(*)::integer as steps,
        (count(*) filter (where state = 'done'))::integer as steps_done,
        round(100 * sum(share) / count(*), 1) as percent,
        min(started_at) as started_at,
        case when bool_and(state = 'done') then max(finished_at) end as finished_at,
        min(place) filter (where state <> 'done') as at_place,
        -- What is left takes as long as the time before it did; the running pull knows better.
        case when bool_and(state = 'done' or seconds_before is not null or (state = 'running' and share > 0)) then
            sum(case
                when state = 'done' then 0
                when state = 'running' and share > 0 then seconds * (1 - share) / share
                else seconds_before
            end)
        end as seconds_left
    from steps
    group by coupling_id, activation
)
select
    t.coupling_id, t.activation, t.steps, t.steps_done, t.percent, t.started_at, t.finished_at,
    round(t.seconds_left)::integer as seconds_left,
    s.place, s.step, s.object, s.state, s.attempts, s.waits_until, s.pull_id, s.records, s.expected,
    round(100 * s.share, 1) as step_percent,
    case
        when s.state = 'running' and s.share > 0 and s.object is not null then round(s.seconds * (1 - s.share) / s.share)::integer
    end as step_seconds_left,
    s.words, s.error_class, s.error_text, s.acts, s.next_step
from told as t
left join steps as s
    on s.coupling_id = t.coupling_id and s.activation = t.activation and s.place = t.at_place;
comment on view platform.activations is 'One row per coupling that was ever activated: its latest activation and, until that ends, the step it is at.';

create function platform.activation_progress(coupling text) returns setof platform.activations
language sql stable as $$
    select a.* from platform.activations as a
    where a.coupling_id = (select c.id from platform.couplings as c where c.name = coupling)
$$;
