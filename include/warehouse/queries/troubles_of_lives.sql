-- What is wrong with couplings: credentials, activation, webhooks that the remote does not send; mappings that fail,
-- and questions that nobody has answered. For all couplings at once: one row per trouble.
-- `holds`: what was told already is not over yet, but nothing is to be told anew, as while a failed pull is being tried
-- again. A percent sign is written twice here.
with auth as (
    select
        id as coupling_id, 'auth' as kind, '' as subject, '' as variant, since, error_class, error_text as text, acts,
        next_step, false as holds
    from platform.lively_couplings where state = 'needs_auth'
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
        join platform.lively_couplings as c on c.id = a.coupling_id and c.state = 'activating'
        where a.state <> 'dropped' and a.activation = (
            select max(latest.activation) from platform.activation_steps as latest where latest.coupling_id = a.coupling_id
        )
        window of_it as (partition by a.coupling_id, a.activation)
    ) as s
    where s.turn = 1 and s.state <> 'done'
),
approval as (
    select
        a.coupling_id, 'approval', a.stream, a.id::text, a.asked_at, null,
        format('approval %%s waits: %%s of %%s %%s seem to be gone', a.id, a.missing, a.known, replace(a.object, '_', ' ')),
        'support', 'Answer it on the page Approvals, or under Required Actions in Airflow.', false
    from platform.approvals as a join platform.lively_couplings as c on c.id = a.coupling_id
    where a.state = 'waiting'
),
registration as (
    select
        r.coupling_id, 'registration', r.topic, coalesce(r.error_class, r.state), coalesce(r.checked_at, now()),
        r.error_class, format('its webhooks are %%s', r.state) || coalesce(': ' || r.reason, ''),
        coalesce(r.acts, 'support'), coalesce(r.next_step, 'Polling still finds every change. Look at ./run cli webhooks list.'),
        false
    from platform.webhook_registrations as r join platform.lively_couplings as c on c.id = r.coupling_id and c.state = 'active'
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
troubles (coupling_id, kind, subject, variant, since, error_class, text, acts, next_step, holds) as (
    select * from auth
    union all select * from activation
    union all select * from approval
    union all select * from registration
    union all select * from mapping
)
select
    t.coupling_id, c.name as coupling, t.kind, t.subject, t.variant, t.since, t.error_class,
    coalesce(t.text, '') as text, coalesce(t.acts, 'support') as acts, coalesce(t.next_step, '') as next_step, t.holds
from troubles as t
left join platform.couplings as c on c.id = t.coupling_id
