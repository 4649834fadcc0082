with offers as (
    select * from {{ news('supplier_products', ref('stg_<<connector>>__supplier_products')) }} as landed
)

select
    offers.webshop_id,
    offers.coupling_id,
    offers.record_key as remote_id,
    offers.root_key,
    offers.product_id as product_remote_id,
    offers.supplier_id as supplier_remote_id,
    cast(null as text) as name,
    offers.sku as sku_code,
    cast(null as text) as ean_code,
    cast(null as text) as article_code,
    offers.price,
    offers.minimum_quantity as minimum_purchase_quantity,
    offers.lot_size,
    cast(null as numeric) as delivery_time,
    cast(null as numeric) as weight,
    true as maps_preferred,
    coalesce(offers.is_preferred, false) as is_main,
    'enabled' as status,
    offers.created_at,
    offers.modified_at as updated_at,
    offers.gone_at as deleted_at,
    {{ problems([
        ["'price' = any(offers.unreadable)", "warning|price|not a number"],
    ]) }} as problems
from offers
