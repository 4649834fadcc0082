with orders as (
    select * from {{ news('sell_orders', ref('stg_magento__orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    orders.created_at as placed,
    case when orders.state = 'complete' then orders.modified_at end as completed,
    -- B4: complete orders, or with pull_all_orders every one.
    coalesce(
        (settings.pull_all_orders or orders.state = 'complete')
        and (settings.order_stores = '{}' or orders.store_id = any(settings.order_stores)),
        false
    ) as is_in_scope,
    orders.created_at,
    orders.modified_at as updated_at,
    -- Closed = everything was refunded.
    coalesce(
        orders.gone_at,
        case when orders.state in ('canceled', 'closed') then coalesce(orders.modified_at, orders.landed_at) end
    ) as deleted_at,
    cast('{}' as text[]) as problems
from orders
inner join {{ ref('stg_magento__settings') }} as settings on settings.coupling_id = orders.coupling_id
