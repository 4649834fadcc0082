with orders as (
    select * from {{ news('sell_orders', ref('stg_woocommerce__orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    orders.created_at as placed,
    case when orders.status = 'completed' then coalesce(orders.completed_at, orders.modified_at) end as completed,
    -- B4: completed orders; with pull_all_orders every order that a customer has placed.
    orders.status = 'completed'
    or settings.pull_all_orders and orders.status not in ('checkout-draft', 'auto-draft', 'draft', 'trash') as is_in_scope,
    orders.created_at,
    orders.modified_at as updated_at,
    coalesce(
        orders.gone_at,
        case
            when orders.status in ('cancelled', 'refunded', 'failed', 'trash') then coalesce(orders.modified_at, orders.landed_at)
        end
    ) as deleted_at,
    cast('{}' as text[]) as problems
from orders
inner join {{ ref('stg_woocommerce__settings') }} as settings on settings.coupling_id = orders.coupling_id
