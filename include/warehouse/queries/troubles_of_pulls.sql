-- What is wrong with pulls: they fail, nobody began them, or they stand still. For all couplings at once: one row per trouble.
-- `holds`: what was told already is not over yet, but nothing is to be told anew, as while a failed pull is being tried
-- again. A percent sign is written twice here.
with open_pulls as (
    select
        p.id, p.coupling_id, p.object, p.requests, greatest(
            p.started_at, o.tried_at, p.waits_until,
            (select max(s.updated_at) from platform.pull_streams as s where s.pull_id = p.id)
        ) as last_sign,
        hashtextextended('pull:' || p.object, p.coupling_id) as lock
    from platform.pulls as p
    left join platform.object_pulls as o on o.coupling_id = p.coupling_id and o.object = p.object
    where p.outcome is null and p.mode in ('changed', 'all')
),
held as (
    select (classid::bigint << 32) | objid::bigint as lock
    from pg_locks
    where locktype = 'advisory' and granted and objsubid = 1
        and database = (select oid from pg_database where datname = current_database())
),
failing as (
    select
        o.coupling_id, 'failing', o.object, coalesce(p.error_class, ''), coalesce(first.at, p.finished_at, p.started_at),
        p.error_class, coalesce(p.error_text, 'the pull is being tried again'), coalesce(p.acts, 'nobody'),
        coalesce(p.next_step, 'It goes on by itself.'),
        -- A fault that passes by itself is tried again for twenty minutes before it is one that people have to know of.
        p.outcome is null or p.acts = 'nobody' and coalesce(first.at, p.finished_at) > now() - interval '20 minutes'
    from platform.lively_couplings as c
    join platform.object_pulls as o on o.coupling_id = c.id and o.latest_id is not null
        and o.outcome is distinct from 'succeeded'
    join platform.pulls as p on p.id = o.latest_id
    left join lateral (
        select min(f.at) as at from platform.pull_faults as f where f.pull_id = p.id and f.error_class <> 'rate limit'
    ) as first on true
    where c.state = 'active'
),
late as (
    select
        c.id, 'late', d.object, '', min(d.due_at), null,
        format('was due at %%s UTC and nothing has begun to pull it', to_char(min(d.due_at), 'YYYY-MM-DD HH24:MI')),
        'support', format(
            'Look whether the DAG %%s__extract is switched on and Airflow''s scheduler runs; then trigger it.', c.name
        ),
        bool_or(p.id is not null)
    from platform.lively_couplings as c
    join platform.due_pulls as d on d.coupling_id = c.id
    left join open_pulls as p on p.coupling_id = c.id and p.object = d.object
    where d.is_overdue or p.id is not null
    group by c.id, c.name, d.object
),
stuck as (
    select
        p.coupling_id, 'stuck', p.object, case when held.lock is null then 'dead' else 'alive' end, p.last_sign, null,
        format('pull %%s has shown no sign of life since %%s UTC', p.id, to_char(p.last_sign, 'YYYY-MM-DD HH24:MI'))
            || case when held.lock is null then ', and its process is gone' else ', and its process is there' end,
        'support',
        case
            when held.lock is null then 'Trigger it again: it goes on at the last page that landed.'
            else 'Open the task''s log in Airflow. If it waits for nothing, mark the task failed and trigger it again: it goes on at the last page that landed.'
        end,
        false
    from open_pulls as p
    join platform.lively_couplings as c on c.id = p.coupling_id and c.state in ('active', 'activating')
    left join held on held.lock = p.lock
    where p.last_sign < now() - %(stuck)s::interval
),
troubles (coupling_id, kind, subject, variant, since, error_class, text, acts, next_step, holds) as (
    select * from failing
    union all select * from late
    union all select * from stuck
)
select
    t.coupling_id, c.name as coupling, t.kind, t.subject, t.variant, t.since, t.error_class,
    coalesce(t.text, '') as text, coalesce(t.acts, 'support') as acts, coalesce(t.next_step, '') as next_step, t.holds
from troubles as t
left join platform.couplings as c on c.id = t.coupling_id
