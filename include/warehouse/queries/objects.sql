-- One row per object of the given couplings: its last and its running pull, when it is due, what is in quarantine.
with aside as (
    select
        coupling_id, object, count(*) filter (where severity = 'blocked') as blocked,
        count(*) filter (where severity = 'warning') as warnings
    from platform.quarantine
    where resolved_at is null and coupling_id = any(%(couplings)s)
    group by coupling_id, object
),
names as (
    select coupling_id, object from platform.ownership where coupling_id = any(%(couplings)s)
    union
    select coupling_id, object from platform.object_pulls where coupling_id = any(%(couplings)s)
    union
    select s.coupling_id, wanted.object
    from platform.schedules as s cross join unnest(s.objects) as wanted (object)
    where s.coupling_id = any(%(couplings)s)
    union
    select coupling_id, object from aside
),
due as (
    select
        s.coupling_id, wanted.object, min(t.next_at) as next_at
    from platform.schedules as s
    join platform.schedule_times as t on t.cron = s.cron and t.time_zone = s.time_zone
    cross join unnest(s.objects) as wanted (object)
    where s.coupling_id = any(%(couplings)s)
    group by s.coupling_id, wanted.object
),
overdue as (
    select distinct coupling_id, object from platform.due_pulls where coupling_id = any(%(couplings)s) and is_overdue
),
running as (
    select distinct on (p.coupling_id, p.object)
        p.coupling_id, p.object, p.id, p.mode, p.started_at, p.waits_until, p.requests, p.dag_id, p.run_id, p.error_text
    from platform.pulls as p
    where p.outcome is null and p.coupling_id = any(%(couplings)s)
    order by p.coupling_id, p.object, p.id desc
)
select
    n.coupling_id, n.object, o.succeeded_at, o.touched_at, d.next_at,
    v.object is not null as is_overdue,
    o.outcome as latest_outcome, latest.error_class, latest.error_text, latest.acts, latest.next_step,
    coalesce(a.blocked, 0) as blocked, coalesce(a.warnings, 0) as warnings,
    r.id as pull_id, r.mode as running_mode, r.started_at as running_since, r.waits_until,
    r.error_text as waits_for, coalesce(done.records, 0) as records, done.expected, coalesce(done.pages, 0) as pages
from names as n
left join platform.object_pulls as o on o.coupling_id = n.coupling_id and o.object = n.object
left join platform.pulls as latest on latest.id = o.latest_id
left join due as d on d.coupling_id = n.coupling_id and d.object = n.object
left join overdue as v on v.coupling_id = n.coupling_id and v.object = n.object
left join aside as a on a.coupling_id = n.coupling_id and a.object = n.object
left join running as r on r.coupling_id = n.coupling_id and r.object = n.object
left join lateral (
    select
        sum(s.records)::bigint as records, sum(s.pages)::bigint as pages,
        case when bool_and(s.expected is not null) then sum(s.expected)::bigint end as expected
    from platform.pull_streams as s where s.pull_id = r.id
) as done on true
order by n.coupling_id, n.object
