-- The orders of the batch that stay as they are: those of a coupling that only posts; those of which Optiply wants
-- something that the remote has not been told; those of which nothing was heard since the remote was told last: what is
-- known of them is older than what it was told; and those that Optiply cancelled there: some remotes can only close them.
with orders as (
    select * from {{ news('buy_orders', ref('int_buy_orders__unioned')) }} as rooted
),

placed as (
    select
        orders.coupling_id,
        orders.remote_id,
        pushed.wanted_version > pushed.sent_version as is_unsent,
        greatest(
            orders.heard_at,
            (
                select max(lines.heard_at)
                from {{ ref('int_buy_order_lines__unioned') }} as lines
                where lines.coupling_id = orders.coupling_id and lines.root_key = orders.root_key
            )
        ) as heard_at,
        (
            select max(steps.intended_at)
            from {{ source('platform', 'push_steps') }} as steps
            where steps.push_order_id = pushed.id and coalesce(steps.outcome, '') not in ('refused', 'absent')
        ) as told_at,
        exists (
            select 1
            from {{ source('platform', 'push_steps') }} as steps
            where steps.push_order_id = pushed.id and steps.step = 'cancel' and steps.outcome in ('accepted', 'found')
        ) as is_cancelled
    from orders
    inner join {{ source('optiply', 'buy_orders') }} as stored
        on stored.coupling_id = orders.coupling_id and stored.remote_id = orders.remote_id
    inner join {{ source('platform', 'push_orders') }} as pushed on pushed.buy_order_id = stored.id
)

select coupling_id, remote_id
from placed
where is_unsent or is_cancelled or coalesce(heard_at, '-infinity') < told_at

union

select orders.coupling_id, orders.remote_id
from orders
inner join {{ source('platform', 'couplings') }} as couplings
    on couplings.id = orders.coupling_id and not {{ is_two_way() }}
