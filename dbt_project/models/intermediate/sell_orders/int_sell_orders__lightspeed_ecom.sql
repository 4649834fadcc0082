-- What is in an order comes from a call of its own; its total is the sum of its lines.
with orders as (
    select * from {{ news('sell_orders', ref('stg_lightspeed_ecom__orders')) }} as landed
),

filled as (
    select coupling_id, root_key
    from {{ news('sell_orders', ref('stg_lightspeed_ecom__order_products')) }} as landed
    group by coupling_id, root_key
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    orders.created_at as placed,
    -- The API tells no other moment at which the order was done.
    case when orders.status like 'completed%' then orders.updated_at end as completed,
    coalesce(orders.status like 'processing%' or orders.status like 'completed%', false) as is_in_scope,
    orders.created_at,
    orders.updated_at,
    coalesce(
        orders.gone_at,
        case when orders.status = any(settings.delete_statuses) then coalesce(orders.updated_at, orders.landed_at) end
    ) as deleted_at,
    {{ problems([
        ["filled.root_key is null", "waiting|lines|order details not pulled yet"],
    ]) }} as problems
from orders
inner join {{ ref('stg_lightspeed_ecom__settings') }} as settings on settings.coupling_id = orders.coupling_id
left join filled on filled.coupling_id = orders.coupling_id and filled.root_key = orders.record_key
