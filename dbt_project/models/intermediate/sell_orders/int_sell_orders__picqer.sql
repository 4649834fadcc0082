-- Status of an order: concept, expected, processing, paused, completed, cancelled.
with orders as (
    select * from {{ news('sell_orders', ref('stg_picqer__orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    orders.created at time zone settings.time_zone as placed,
    -- Picqer does not say when an order was completed; its last change is the nearest.
    case when orders.status = 'completed' then orders.updated at time zone settings.time_zone end as completed,
    -- B4: completed orders; with pull_all_orders every order that is no draft.
    (orders.status = 'completed' or settings.pull_all_orders and orders.status <> 'concept')
    and (
        settings.main_warehouse is null
        or orders.warehouses = '{}'
        or settings.main_warehouse = any(orders.warehouses)
    ) as is_in_scope,
    orders.created at time zone settings.time_zone as created_at,
    orders.updated at time zone settings.time_zone as updated_at,
    coalesce(
        orders.gone_at,
        case when orders.status = 'cancelled' then coalesce(orders.updated at time zone settings.time_zone, orders.landed_at) end
    ) as deleted_at,
    cast('{}' as text[]) as problems
from orders
inner join {{ ref('stg_picqer__settings') }} as settings on settings.coupling_id = orders.coupling_id
