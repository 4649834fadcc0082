-- `total_ex_tax` is the line without VAT.
with lines as (
    select * from {{ news('sell_orders', ref('stg_bigcommerce__order_products')) }} as landed
)

select
    lines.webshop_id,
    lines.coupling_id,
    lines.record_key as remote_id,
    lines.root_key,
    lines.root_key as order_remote_id,
    row_number() over (
        partition by lines.coupling_id, lines.root_key
        order by length(lines.record_key), lines.record_key
    ) as position,
    lines.variant_id as product_remote_id,
    lines.ean as product_ean,
    lines.sku as product_sku,
    lines.quantity,
    lines.total_ex_tax as subtotal_value,
    orders.modified_at as updated_at,
    coalesce(lines.gone_at, orders.gone_at) as deleted_at
from lines
inner join {{ ref('stg_bigcommerce__orders') }} as orders
    on orders.coupling_id = lines.coupling_id and orders.record_key = lines.root_key
