-- The values of include/sync/metrics.yaml: one row per metric and its tags.
with ended as (
    select p.id, c.connector, p.outcome, p.requests
    from platform.pulls as p
    join platform.couplings as c on c.id = p.coupling_id
    where p.finished_at > now() - interval '1 hour'
),
landed as (
    select
        e.connector, sum(s.new) as new, sum(s.changed + s.returned) as changed, sum(s.unchanged + s.stale) as unchanged,
        sum(s.gone) as gone, sum(s.quarantined) as quarantined
    from ended as e
    join platform.pull_streams as s on s.pull_id = e.id
    group by e.connector
)
select 'optiply.couplings' as name, jsonb_build_object('state', states.state) as tags, count(l.coupling_id)::float8 as value
from unnest(array['new', 'activating', 'active', 'paused', 'needs_auth', 'inactive']) as states (state)
left join platform.coupling_life as l on l.state = states.state
group by states.state
union all
select 'optiply.alerts', jsonb_build_object('kind', kinds.kind), count(a.id)
from unnest(%(kinds)s::text[]) as kinds (kind)
left join platform.alerts as a on a.kind = kinds.kind and a.ended_at is null
group by kinds.kind
union all
select 'optiply.messages_waiting', jsonb_build_object('channel', 'slack'), count(*)
from platform.alert_messages where slack_at is null
union all
select 'optiply.messages_waiting', jsonb_build_object('channel', 'email'), count(*)
from platform.alert_messages where email_at is null
union all
select 'optiply.pulls_open', jsonb_build_object('connector', c.connector), count(*)
from platform.pulls as p join platform.couplings as c on c.id = p.coupling_id
where p.outcome is null
group by c.connector
union all
select 'optiply.pulls_ended', jsonb_build_object('connector', connector, 'outcome', outcome), count(*)
from ended group by connector, outcome
union all
select 'optiply.requests', jsonb_build_object('connector', connector), sum(requests) from ended group by connector
union all
select 'optiply.records', jsonb_build_object('connector', l.connector, 'change', counted.key), counted.value::float8
from landed as l cross join lateral jsonb_each(to_jsonb(l) - 'connector') as counted
union all
select 'optiply.failing_calls', jsonb_build_object('connector', c.connector, 'status', told.status), count(*)
from platform.http_details as h
join platform.couplings as c on c.id = h.coupling_id
cross join lateral (
    select case
        when h.status is null then 'none' when h.status = 429 then '429' when h.status between 400 and 499 then '4xx'
        when h.status >= 500 then '5xx' else 'other'
    end as status
) as told
where h.at > now() - interval '1 hour'
group by c.connector, told.status
union all
select
    'optiply.quota_used', jsonb_build_object('scope', scope, 'window', window_name),
    round((used / greatest(coalesce(allowed, capacity), 1))::numeric, 4)
from platform.budgets where refill is null and period >= interval '1 hour' and resets_at > now()
union all
select 'optiply.quarantine', jsonb_build_object('connector', c.connector, 'severity', q.severity), count(*)
from platform.quarantine as q join platform.couplings as c on c.id = q.coupling_id
where q.resolved_at is null
group by c.connector, q.severity
union all
select 'optiply.events_waiting', jsonb_build_object('connector', c.connector), count(*)
from platform.webhook_events as e join platform.couplings as c on c.id = e.coupling_id
where e.state = 'waiting'
group by c.connector
union all
select 'optiply.orders', jsonb_build_object('state', states.state), count(o.id)
from unnest(array['waiting', 'sending', 'unknown', 'rejected', 'parked']) as states (state)
left join platform.push_orders as o on o.state = states.state
group by states.state
union all
select 'optiply.news', '{}', count(*) from platform.news
union all
select 'optiply.transform_seconds', '{}', extract(epoch from last.finished_at - last.started_at)::float8
from (
    select started_at, finished_at from platform.transforms where finished_at is not null order by id desc limit 1
) as last
