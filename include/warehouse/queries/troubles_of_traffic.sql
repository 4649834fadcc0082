-- What is wrong with what comes and goes: quotas, webhook events, buy orders. For all couplings at once: one row per trouble.
-- `holds`: what was told already is not over yet, but nothing is to be told anew, as while a failed pull is being tried
-- again. A percent sign is written twice here.
with pace as (
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
    from inbox as i join platform.lively_couplings as c on c.id = i.coupling_id
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
    join platform.lively_couplings as c on c.id = i.coupling_id and c.state = 'active'
    left join platform.webhook_pauses as p on p.coupling_id = i.coupling_id and p.until > now()
    where i.waiting > 0
),
orders as (
    select
        o.coupling_id, 'orders', '', '', min(o.changed_at), (array_agg(o.error_class order by o.id))[1],
        format('%%s buy orders wait for a person; the first: %%s', count(*), (array_agg(o.error_text order by o.id))[1]),
        coalesce((array_agg(o.acts order by o.id))[1], 'support'),
        coalesce((array_agg(o.next_step order by o.id))[1], format('./run cli push list %%s shows them.', c.name)), false
    from platform.push_orders as o join platform.lively_couplings as c on c.id = o.coupling_id
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
    from platform.push_orders as o join platform.lively_couplings as c on c.id = o.coupling_id and c.state = 'active'
    where o.state in ('waiting', 'sending', 'unknown') and greatest(o.changed_at, o.waits_until) < now() - %(pushing)s::interval
    group by o.coupling_id, c.name
),
troubles (coupling_id, kind, subject, variant, since, error_class, text, acts, next_step, holds) as (
    select * from quota
    union all select * from poison
    union all select * from backlog
    union all select * from orders
    union all select * from pushing
)
select
    t.coupling_id, c.name as coupling, t.kind, t.subject, t.variant, t.since, t.error_class,
    coalesce(t.text, '') as text, coalesce(t.acts, 'support') as acts, coalesce(t.next_step, '') as next_step, t.holds
from troubles as t
left join platform.couplings as c on c.id = t.coupling_id
