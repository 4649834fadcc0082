with lines as (
    select * from {{ news('sell_orders', ref('stg_lightspeed_ecom__order_products')) }} as landed
),

orders as (
    select * from {{ news('sell_orders', ref('stg_lightspeed_ecom__orders')) }} as landed
)

select
    lines.webshop_id,
    lines.coupling_id,
    lines.record_key as remote_id,
    lines.root_key,
    lines.root_key as order_remote_id,
    -- Lines carry no place; their ids grow as they are put into the order.
    row_number() over (
        partition by lines.coupling_id, lines.root_key
        order by {{ number('lines.record_key') }}, lines.record_key
    ) as position,
    lines.variant_id as product_remote_id,
    lines.ean as product_ean,
    lines.sku as product_sku,
    lines.quantity_ordered as quantity,
    lines.price_excl as subtotal_value,
    orders.updated_at,
    lines.gone_at as deleted_at
from lines
left join orders on orders.coupling_id = lines.coupling_id and orders.record_key = lines.root_key
