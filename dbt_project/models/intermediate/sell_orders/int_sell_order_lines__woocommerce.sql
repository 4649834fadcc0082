-- `subtotal` is the line before discounts and without VAT.
with orders as (
    select * from {{ news('sell_orders', ref('stg_woocommerce__orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    coalesce({{ filled('doc.id') }}, orders.record_key || '_' || product.id, orders.record_key || '_') as remote_id,
    orders.root_key,
    orders.record_key as order_remote_id,
    item.position,
    product.id as product_remote_id,
    cast(null as text) as product_ean,
    nullif({{ filled('doc.sku') }}, 'false') as product_sku,
    {{ number('doc.quantity') }} as quantity,
    {{ number('doc.subtotal') }} as subtotal_value,
    orders.modified_at as updated_at,
    orders.gone_at as deleted_at
from orders
cross join lateral jsonb_path_query(orders.line_items, '$[*] ? (@.type() == "object")') with ordinality as item (line, position)
cross join lateral jsonb_to_record(item.line) as doc (
    id text,
    product_id text,
    variation_id text,
    quantity text,
    subtotal text,
    sku text
)
-- 0 stands for "no variation" and for a product that was deleted in the shop.
cross join lateral (
    select coalesce(nullif(btrim(doc.variation_id), '0'), nullif(btrim(doc.product_id), '0')) as id
) as product
