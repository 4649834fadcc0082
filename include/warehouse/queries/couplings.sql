-- One row per coupling that passes the filter: its state, worst first, a page of them, and how many there are of each.
with chosen as (
    select
        c.id, c.name, c.title, c.connector, c.role, c.active, w.id as webshop_id, w.name as webshop,
        w.title as webshop_title, w.time_zone, coalesce(l.state, 'active') as life, l.since as life_since,
        l.error_class, l.error_text, l.acts, l.next_step
    from platform.couplings as c
    join platform.webshops as w on w.id = c.webshop_id
    left join platform.coupling_life as l on l.coupling_id = c.id
    where (%(coupling)s::text is null or c.name = %(coupling)s)
        and (%(webshop)s::text is null or w.name = %(webshop)s)
        and (%(connector)s::text is null or c.connector = %(connector)s)
        and (%(text)s::text is null or concat_ws(' ', c.name, c.title, w.title) ilike %(text)s)
        and (%(object)s::text is null or exists (
            select from platform.ownership as o where o.coupling_id = c.id and o.object = %(object)s
        ))
),
open_pulls as (
    select
        p.coupling_id, p.object, p.started_at,
        case when p.waits_until > now() and p.error_class = 'rate limit' then p.waits_until end as quota_until
    from platform.pulls as p where p.outcome is null
),
quotas as (
    select coupling_id, min(quota_until) as until, count(*) as pulling
    from open_pulls group by coupling_id
),
failing as (
    select distinct on (o.coupling_id)
        o.coupling_id, o.object, p.finished_at as since, p.error_class, p.error_text, p.acts, p.next_step
    from chosen as c
    join platform.object_pulls as o on o.coupling_id = c.id and o.outcome = 'failed'
    join platform.pulls as p on p.id = o.latest_id
    order by o.coupling_id, p.finished_at desc
),
mapping as (
    select w.id as webshop_id, last.*
    from platform.webshops as w
    cross join lateral (
        select t.finished_at as since, t.outcome, t.error_class, t.error_text, t.acts, t.next_step
        from platform.transform_webshops as t where t.webshop_id = w.id order by t.transform_id desc limit 1
    ) as last
    where last.outcome = 'failed'
),
late as (
    select distinct on (c.id) c.id as coupling_id, d.object, d.due_at as since
    from chosen as c
    join platform.due_pulls as d on d.coupling_id = c.id and d.is_overdue
    where not exists (
        select from open_pulls as p where p.coupling_id = c.id and p.object = d.object
    )
    order by c.id, d.due_at
),
asked as (
    select coupling_id, count(*) as approvals, min(asked_at) as since
    from platform.approvals where state = 'waiting' group by coupling_id
),
told as (
    select
        c.*, q.until, coalesce(q.pulling, 0) as pulling, coalesce(a.approvals, 0) as approvals,
        f.object as failing_object, late.object as late_object,
        case
            when not c.active or c.life = 'inactive' then 'inactive'
            when c.life in ('needs_auth', 'activating', 'paused', 'new') then c.life
            when f.coupling_id is not null or m.webshop_id is not null then 'failing'
            when late.coupling_id is not null then 'late'
            when a.coupling_id is not null then 'approval'
            when q.until is not null then 'quota'
            else 'on_time'
        end as state,
        coalesce(f.since, m.since) as failing_since,
        late.since as late_since, a.since as asked_since,
        coalesce(f.error_class, m.error_class) as failing_class,
        coalesce(f.error_text, m.error_text) as failing_text,
        coalesce(f.acts, m.acts) as failing_acts,
        coalesce(f.next_step, m.next_step) as failing_next_step
    from chosen as c
    left join quotas as q on q.coupling_id = c.id
    left join failing as f on f.coupling_id = c.id
    left join mapping as m on m.webshop_id = c.webshop_id
    left join late on late.coupling_id = c.id
    left join asked as a on a.coupling_id = c.id
),
counted as (
    select coalesce(jsonb_object_agg(state, number), '{}') as numbers
    from (select state, count(*) as number from told group by state) as by_state
)
select
    id, name as coupling, title, connector, role, webshop, webshop_title, time_zone, state, until, pulling, approvals,
    failing_object, late_object,
    case state
        when 'failing' then failing_since when 'late' then late_since when 'approval' then asked_since
        when 'quota' then null when 'on_time' then null else life_since
    end as since,
    case state when 'failing' then failing_class else error_class end as error_class,
    case state when 'failing' then failing_text else error_text end as error_text,
    case state when 'failing' then failing_acts else acts end as acts,
    case state when 'failing' then failing_next_step else next_step end as next_step,
    counted.numbers
from counted
left join (
    select * from told where %(states)s::text[] is null or state = any(%(states)s)
    order by array_position(%(order)s::text[], state), webshop_title, title, id
    limit %(limit)s offset %(offset)s
) as page on true
order by array_position(%(order)s::text[], state), webshop_title, title, id
