-- A pending order is no order yet: it has no money, and comes again when it is paid or cancelled.
with orders as (
    select * from {{ ref('int_orders__amazon_seller') }}
),

items as (
    select distinct coupling_id, root_key
    from {{ news('sell_orders', ref('stg_amazon_seller__order_items_v0')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    orders.placed_at as placed,
    case when orders.status = 'SHIPPED' then orders.modified_at end as completed,
    orders.status = 'SHIPPED'
    or orders.pull_all_orders and orders.status in ('UNSHIPPED', 'PARTIALLYSHIPPED', 'INVOICEUNCONFIRMED') as is_in_scope,
    orders.placed_at as created_at,
    orders.modified_at as updated_at,
    coalesce(
        orders.gone_at,
        case when orders.status = 'CANCELED' then coalesce(orders.modified_at, orders.landed_at) end
    ) as deleted_at,
    {{ problems([
        ["orders.api = 'v0' and items.root_key is null", "waiting|lines|order details not pulled yet"],
        ["orders.is_foreign", "warning|total_value|in another currency"],
    ]) }} as problems
from orders
left join items on items.coupling_id = orders.coupling_id and items.root_key = orders.root_key
