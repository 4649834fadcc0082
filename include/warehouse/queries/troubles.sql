-- Everything that is wrong now, for all couplings at once: one row per trouble. `holds`: what was told already is not over
-- yet, but nothing is to be told anew, as while a failed pull is being tried again. A percent sign is written twice here.
with alive as (
    select
        c.id, c.name, c.title, w.id as webshop_id, w.name as webshop, l.state, l.since,
        l.error_class, l.error_text, l.acts, l.next_step
    from platform.couplings as c
    join platform.webshops as w on w.id = c.webshop_id
    join platform.coupling_life as l on l.coupling_id = c.id
    where c.active and l.state in ('active', 'activating', 'needs_auth')
),
open_pulls as (
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
auth as (
    select
        id as coupling_id, 'auth' as kind, '' as subject, '' as variant, since, error_class, error_text as text, acts,
        next_step, false as holds
    from alive where state = 'needs_auth'
),
activation as (
    select
        s.coupling_id, 'activation', s.activation::text,
        concat_ws(' ', s.step, case when s.state = 'failed' then 'failed' end), coalesce(s.begun, now()), s.error_class,
        format('%%s of %%s steps done, now: %%s', s.done, s.steps, replace(s.step, '_', ' '))
            || case when s.state = 'failed' then ', which failed: ' || coalesce(s.error_text, 'no reason known') else '' end,
        coalesce(s.acts, 'nobody'), coalesce(s.next_step, 'It goes on by itself.'), false
    from (
        select
            a.*, count(*) filter (where a.state = 'done') over of_it as done, count(*) over of_it as steps,
            min(a.started_at) over of_it as begun,
            row_number() over (partition by a.coupling_id, a.activation order by a.state = 'done', a.place) as turn
        from platform.activation_steps as a
        join alive as c on c.id = a.coupling_id and c.state = 'activating'
        where a.state <> 'dropped' and a.activation = (
            select max(latest.activation) from platform.activation_steps as latest where latest.coupling_id = a.coupling_id
        )
        window of_it as (partition by a.coupling_id, a.activation)
    ) as s
    where s.turn = 1 and s.state <> 'done'
),
failing as (
    select
        o.coupling_id, 'failing', o.object, coalesce(p.error_class, ''), coalesce(first.at, p.finished_at, p.started_at),
        p.error_class, coalesce(p.error_text, 'the pull is being tried again'), coalesce(p.acts, 'nobody'),
        coalesce(p.next_step, 'It goes on by itself.'),
        -- A fault that passes by itself is tried again for twenty minutes before it is one that people have to know of.
        p.outcome is null or p.acts = 'nobody' and coalesce(first.at, p.finished_at) > now() - interval '20 minutes'
    from alive as c
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
        c.id, 'late', wanted.object, '', min(t.due_at), null,
        format('was due at %%s UTC and nothing has begun to pull it', to_char(min(t.due_at), 'YYYY-MM-DD HH24:MI')),
        'support', format(
            'Look whether the DAG %%s__extract is switched on and Airflow''s scheduler runs; then trigger it.', c.name
        ),
        bool_or(p.id is not null)
    from alive as c
    join platform.schedules as s on s.coupling_id = c.id
    join platform.schedule_times as t on t.cron = s.cron and t.time_zone = s.time_zone
    cross join unnest(s.objects) as wanted (object)
    left join platform.object_pulls as o on o.coupling_id = c.id and o.object = wanted.object
    left join open_pulls as p on p.coupling_id = c.id and p.object = wanted.object
    where c.state = 'active' and t.due_at > c.since and (
        p.id is not null
        or t.due_at > coalesce(case s.mode when 'all' then o.everything_tried_at else o.tried_at end, '-infinity')
    )
    group by c.id, c.name, wanted.object
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
    join alive as c on c.id = p.coupling_id and c.state in ('active', 'activating')
    left join held on held.lock = p.lock
    where p.last_sign < now() - %(stuck)s::interval
),
pace as (
    select
        b.scope, b.window_name, b.used, coalesce(b.allowed, b.capacity) as most, b.resets_at,
        greatest(extract(epoch from b.period - (b.resets_at - now())), extract(epoch from b.period) / 20) as seconds,
        extract(epoch from b.resets_at - now()) as seconds_left,
        (select string_agg(s.claimant, ', ' order by s.claimant) from platform.budget_shares as s
         where s.scope = b.scope and s.window_name = b.window_name) as users
    from platform.budgets as b
    where b.refill is null and b.period >= interval '1 hour' and b.resets_at > now()
        and b.used >= 0.5 * coalesce(b.allowed, b.capacity)
),
quota as (
    select
        null::integer, 'quota', format('%%s of %%s', window_name, scope), case when used >= most then 'used up' else 'ahead' end,
        now(), 'rate limit',
        case
            when used >= most then format(
                'all %%s requests are used until %%s UTC', most, to_char(resets_at, 'YYYY-MM-DD HH24:MI'))
            else format(
                '%%s of %%s requests are used; at this pace the last goes at %%s UTC, and new ones come at %%s UTC',
                round(used), most, to_char(now() + make_interval(secs => (most - used) / (used / seconds)), 'YYYY-MM-DD HH24:MI'),
                to_char(resets_at, 'YYYY-MM-DD HH24:MI'))
        end || coalesce(' (' || users || ')', ''),
        'support',
        'Nothing breaks: pulls wait and go on by themselves. If it comes back, pull less often (schedules) or ask for a larger quota.',
        used < most and used + used / seconds * seconds_left < 1.05 * most
    from pace
    where used + used / seconds * seconds_left > 0.9 * most
),
inbox as (
    select
        e.coupling_id, count(*) filter (where e.state = 'poison') as poison,
        count(*) filter (where e.state = 'waiting') as waiting,
        min(e.received_at) filter (where e.state = 'waiting') as oldest,
        min(e.received_at) filter (where e.state = 'poison') as first_poison,
        (array_agg(e.reason order by e.id) filter (where e.state = 'poison'))[1] as reason
    from platform.webhook_events as e
    where e.state in ('waiting', 'poison')
    group by e.coupling_id
),
poison as (
    select
        i.coupling_id, 'poison', '', '', i.first_poison, 'bad data',
        format('%%s webhook events were set aside; the first: %%s', i.poison, coalesce(i.reason, 'no reason known')), 'support',
        format('./run cli webhooks events %%s --state poison shows them, ./run cli webhooks replay tries them again.', c.name),
        false
    from inbox as i join alive as c on c.id = i.coupling_id
    where i.poison > 0
),
backlog as (
    select
        i.coupling_id, 'backlog', '', '', i.oldest, null,
        format('%%s webhook events wait, the oldest since %%s UTC', i.waiting, to_char(i.oldest, 'YYYY-MM-DD HH24:MI'))
            || coalesce('; ' || p.reason, ''),
        'support',
        'If a reason stands here, act on that. Else look whether the DAG drain_webhooks runs.',
        i.oldest > now() - %(backlog)s::interval
    from inbox as i
    join alive as c on c.id = i.coupling_id and c.state = 'active'
    left join platform.webhook_pauses as p on p.coupling_id = i.coupling_id and p.until > now()
    where i.waiting > 0
),
orders as (
    select
        o.coupling_id, 'orders', '', '', min(o.changed_at), (array_agg(o.error_class order by o.id))[1],
        format('%%s buy orders wait for a person; the first: %%s', count(*), (array_agg(o.error_text order by o.id))[1]),
        coalesce((array_agg(o.acts order by o.id))[1], 'support'),
        coalesce((array_agg(o.next_step order by o.id))[1], format('./run cli push list %%s shows them.', c.name)), false
    from platform.push_orders as o join alive as c on c.id = o.coupling_id
    where o.state in ('rejected', 'parked')
    group by o.coupling_id, c.name
),
pushing as (
    select
        o.coupling_id, 'pushing', '', '', min(o.changed_at), null,
        format('%%s buy orders have not moved since %%s UTC', count(*), to_char(min(o.changed_at), 'YYYY-MM-DD HH24:MI')),
        'support', format(
            'Look whether the DAG %%s__push is switched on; ./run cli push list %%s shows the orders.', c.name, c.name
        ), false
    from platform.push_orders as o join alive as c on c.id = o.coupling_id and c.state = 'active'
    where o.state in ('waiting', 'sending', 'unknown') and greatest(o.changed_at, o.waits_until) < now() - %(pushing)s::interval
    group by o.coupling_id, c.name
),
approval as (
    select
        a.coupling_id, 'approval', a.stream, a.id::text, a.asked_at, null,
        format('approval %%s waits: %%s of %%s %%s seem to be gone', a.id, a.missing, a.known, replace(a.object, '_', ' ')),
        'support', 'Answer it on the page Approvals, or under Required Actions in Airflow.', false
    from platform.approvals as a join alive as c on c.id = a.coupling_id
    where a.state = 'waiting'
),
registration as (
    select
        r.coupling_id, 'registration', r.topic, coalesce(r.error_class, r.state), coalesce(r.checked_at, now()),
        r.error_class, format('its webhooks are %%s', r.state) || coalesce(': ' || r.reason, ''),
        coalesce(r.acts, 'support'), coalesce(r.next_step, 'Polling still finds every change. Look at ./run cli webhooks list.'),
        false
    from platform.webhook_registrations as r join alive as c on c.id = r.coupling_id and c.state = 'active'
    where r.state in ('disabled', 'lost', 'failed')
),
mapping as (
    select
        null::integer, 'mapping', w.name, coalesce(last.error_class, ''), last.finished_at, last.error_class,
        coalesce(last.error_text, 'the mapping failed'), coalesce(last.acts, 'developer'),
        coalesce(last.next_step, 'Send the log of the DAG transform to the analysts.'), false
    from platform.webshops as w
    cross join lateral (
        select t.* from platform.transform_webshops as t where t.webshop_id = w.id order by t.transform_id desc limit 1
    ) as last
    where last.outcome = 'failed'
),
troubles as (
    select * from auth union all select * from activation union all select * from failing union all select * from late
    union all select * from stuck union all select * from quota union all select * from poison
    union all select * from backlog union all select * from orders union all select * from pushing
    union all select * from approval union all select * from registration union all select * from mapping
)
select
    t.coupling_id, c.name as coupling, t.kind, t.subject, t.variant, t.since, t.error_class,
    coalesce(t.text, '') as text, coalesce(t.acts, 'support') as acts, coalesce(t.next_step, '') as next_step, t.holds
from troubles as t
left join platform.couplings as c on c.id = t.coupling_id
