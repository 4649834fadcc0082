-- What a status is told from: the last pull of each object, when schedules were and will be due; who may read it.

-- Kept by a trigger, so that a status of a thousand couplings reads no history, and outlives the history's retention.
create table platform.object_pulls (
    coupling_id          integer not null references platform.couplings (id),
    object               text not null,
    latest_id            bigint,
    outcome              text,
    tried_at             timestamptz,
    everything_tried_at  timestamptz,
    succeeded_at         timestamptz,
    touched_at           timestamptz,
    primary key (coupling_id, object)
);
comment on table platform.object_pulls is 'One row per object of a coupling: its last pull of what changed or of everything, and when it last went well.';
comment on column platform.object_pulls.outcome is 'Of the latest; null while it is open.';
comment on column platform.object_pulls.tried_at is 'When a pull of what changed or of everything last began, was taken up again, or ended.';
comment on column platform.object_pulls.everything_tried_at is 'The same, of pulls of everything.';
comment on column platform.object_pulls.touched_at is 'When anything of the object last came well, single records and webhooks included.';

create function platform.note_pull() returns trigger language plpgsql as $$
declare
    is_regular boolean := new.mode in ('changed', 'all');
    is_done boolean := coalesce(new.outcome = 'succeeded', false);
begin
    if new.outcome = 'abandoned' then
        return null;
    end if;
    insert into platform.object_pulls as known
        (coupling_id, object, latest_id, outcome, tried_at, everything_tried_at, succeeded_at, touched_at)
    values (
        new.coupling_id, new.object,
        case when is_regular then new.id end,
        case when is_regular then new.outcome end,
        case when is_regular then now() end,
        case when new.mode = 'all' then now() end,
        case when is_regular and is_done then new.finished_at end,
        case when is_done then new.finished_at end
    )
    on conflict (coupling_id, object) do update set
        latest_id = greatest(known.latest_id, excluded.latest_id),
        outcome = case when is_regular then excluded.outcome else known.outcome end,
        tried_at = coalesce(excluded.tried_at, known.tried_at),
        everything_tried_at = coalesce(excluded.everything_tried_at, known.everything_tried_at),
        succeeded_at = greatest(known.succeeded_at, excluded.succeeded_at),
        touched_at = greatest(known.touched_at, excluded.touched_at);
    return null;
end $$;
create trigger note_pull after insert or update of outcome on platform.pulls
for each row execute function platform.note_pull();

insert into platform.object_pulls
select coupling_id, object,
    max(id) filter (where mode in ('changed', 'all')),
    (array_agg(outcome order by id desc) filter (where mode in ('changed', 'all')))[1],
    max(coalesce(finished_at, started_at)) filter (where mode in ('changed', 'all')),
    max(coalesce(finished_at, started_at)) filter (where mode = 'all'),
    max(finished_at) filter (where mode in ('changed', 'all') and outcome = 'succeeded'),
    max(finished_at) filter (where outcome = 'succeeded')
from platform.pulls group by coupling_id, object;

create index pulls_of_coupling on platform.pulls (coupling_id, id desc);

-- PostgreSQL cannot read a cron: whoever asks for a status writes down anew what has passed (include/warehouse/due.py).
create table platform.schedule_times (
    cron        text not null,
    time_zone   text not null,
    due_at      timestamptz not null,
    next_at     timestamptz not null,
    good_until  timestamptz not null,
    primary key (cron, time_zone)
);
comment on column platform.schedule_times.due_at is 'The last time that it was due and by which a pull must have begun: grace is taken off.';
comment on column platform.schedule_times.good_until is 'When one of the two has to be found anew.';

alter table platform.api_tokens
    drop constraint api_tokens_scopes_check,
    add constraint api_tokens_scopes_check
        check (scopes <@ array['orders:read', 'orders:write', 'pull', 'status:read'] and cardinality(scopes) > 0);
