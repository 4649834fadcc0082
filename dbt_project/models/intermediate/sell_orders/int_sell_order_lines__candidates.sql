-- The lines that may still be stored, or that only count in their order's total where the coupling leaves lines out (R15).
-- Stored lines are never changed or removed by a later edit of the order, and a line
-- that is added later is left out (B4) - unless it was in quarantine when its order was stored. What a failed run has
-- done does not count as seen: its batch is retried.
with lines as (
    select * from {{ news('sell_orders', ref('int_sell_order_lines__unioned')) }} as rooted
),

orders as (
    select * from {{ news('sell_orders', ref('int_sell_orders__unioned')) }} as rooted
)

select
    lines.*,
    orders.remote_id is null as is_orphan,
    stored.id as sell_order_id,
    couplings.match_key,
    couplings.role,
    {{ takes_lines('sell_orders') }} as takes_lines,
    coalesce(webshops.last_transform_id, 0) as last_run
from lines
inner join {{ source('platform', 'webshops') }} as webshops on webshops.id = lines.webshop_id
inner join {{ source('platform', 'couplings') }} as couplings on couplings.id = lines.coupling_id
inner join {{ source('platform', 'ownership') }} as ownership
    on ownership.webshop_id = lines.webshop_id
    and ownership.coupling_id = lines.coupling_id
    and ownership.object = 'sell_orders'
left join orders on orders.coupling_id = lines.coupling_id and orders.remote_id = lines.order_remote_id
left join {{ source('optiply', 'sell_orders') }} as stored
    on stored.coupling_id = lines.coupling_id and stored.remote_id = lines.order_remote_id
where lines.deleted_at is null
    and (
        orders.remote_id is null
        or orders.is_in_scope and orders.deleted_at is null and not {{ is_held('orders.problems') }}
    )
    and not exists (
        select 1
        from {{ source('optiply', 'sell_order_lines') }} as stored_line
        where stored_line.coupling_id = lines.coupling_id and stored_line.remote_id = lines.remote_id
    )
    -- An order without any stored line is not finished: a run may have stopped between the order and its lines.
    and (
        not exists (
            select 1
            from {{ source('optiply', 'sell_order_lines') }} as any_line
            where any_line.sell_order_id = stored.id
        )
        or exists (
            select 1
            from {{ source('platform', 'quarantine') }} as known
            where known.coupling_id = lines.coupling_id
                and known.object = 'sell_order_lines'
                and known.remote_id = lines.remote_id
                and known.severity = 'blocked'
                and known.root_key is not null
                and (known.resolved_at is null or known.resolved_at > coalesce(webshops.last_transformed_at, '-infinity'))
        )
    )
