-- The latest operations of a coupling of every kind, newest first: what, when, how much, how it ended and why.
(
    select
        'pull' as kind, p.object, p.mode as what, p.started_at, p.finished_at,
        coalesce(p.outcome, case when p.waits_until is null then 'running' else 'waiting' end) as outcome,
        p.requests, done.records, done.new, done.changed, done.unchanged, done.gone, done.quarantined,
        p.error_class, p.error_text, p.acts, p.next_step, done.guard as remark, p.dag_id, p.run_id,
        p.task_id, p.attempts
    from platform.pulls as p
    left join lateral (
        select
            sum(s.records)::bigint as records, sum(s.new)::bigint as new, sum(s.changed)::bigint as changed,
            sum(s.unchanged)::bigint as unchanged, sum(s.gone)::bigint as gone, sum(s.quarantined)::bigint as quarantined,
            string_agg(s.guard, '; ') as guard
        from platform.pull_streams as s where s.pull_id = p.id
    ) as done on true
    where p.coupling_id = %(coupling)s and p.id in (
        select id from platform.pulls where coupling_id = %(coupling)s order by id desc limit %(limit)s
    )
)
union all
(
    select
        'mapping', null, 'of the webshop', t.started_at, w.finished_at, w.outcome, null, w.roots, null, null, null, null,
        null, w.error_class, w.error_text, w.acts, w.next_step, null, null, null, null, null
    from platform.transform_webshops as w
    join platform.transforms as t on t.id = w.transform_id
    where w.webshop_id = (select webshop_id from platform.couplings where id = %(coupling)s)
    order by w.transform_id desc limit %(limit)s
)
union all
(
    select
        'webhooks', null, operation, started_at, finished_at, coalesce(outcome, 'running'), requests, null, null, null,
        null, null, null, error_class, error_text, acts, next_step, words, null, null, null, null
    from platform.webhook_checks where coupling_id = %(coupling)s
    order by id desc limit %(limit)s
)
union all
(
    select
        'order sent', o.reference, s.step, s.intended_at, s.finished_at, coalesce(s.outcome, 'running'), null, null,
        null, null, null, null, null, s.kind, s.words, null, null, null, null, null, null, null
    from platform.push_steps as s
    join platform.push_orders as o on o.id = s.push_order_id
    where o.coupling_id = %(coupling)s
    order by s.id desc limit %(limit)s
)
union all
(
    select
        'activation', object, step, started_at, finished_at, state, null, null, null, null, null, null, null,
        error_class, error_text, acts, next_step, words, null, null, null, attempts
    from platform.activation_steps
    where coupling_id = %(coupling)s and started_at is not null
    order by started_at desc limit %(limit)s
)
union all
(
    select
        'person', null, what || ' by ' || who, at, at, 'done', null, null, null, null, null, null, null, null, null, null,
        null, nullif(detail ->> 'error_text', ''), null, null, null, null
    from platform.audit where coupling_id = %(coupling)s
    order by id desc limit %(limit)s
)
order by started_at desc
limit %(limit)s
