-- `total` is the line without VAT.
with orders as (
    select * from {{ news('sell_orders', ref('stg_bigcommerce__sell_orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    coalesce({{ filled('doc.id') }}, orders.record_key || '_' || item.position) as remote_id,
    orders.root_key,
    orders.record_key as order_remote_id,
    item.position,
    {{ filled('doc.product_id') }} as product_remote_id,
    {{ filled('doc.ean') }} as product_ean,
    {{ filled('doc.sku') }} as product_sku,
    {{ number('doc.quantity') }} as quantity,
    {{ number('doc.total') }} as subtotal_value,
    orders.modified_at as updated_at,
    orders.gone_at as deleted_at
from orders
cross join lateral jsonb_path_query(orders.lines, '$[*] ? (@.type() == "object")') with ordinality as item (line, position)
cross join lateral jsonb_to_record(item.line) as doc (
    id text,
    product_id text,
    ean text,
    sku text,
    quantity text,
    total text
)
