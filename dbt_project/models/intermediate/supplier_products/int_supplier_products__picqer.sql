-- A product names one supplier at most, and says itself how it is bought there.
with products as (
    select * from {{ news('supplier_products', ref('stg_picqer__products')) }} as landed
)

select
    products.webshop_id,
    products.coupling_id,
    products.record_key || '_' || products.idsupplier as remote_id,
    products.root_key,
    products.record_key as product_remote_id,
    products.idsupplier as supplier_remote_id,
    cast(null as text) as name,
    products.productcode_supplier as sku_code,
    cast(null as text) as ean_code,
    cast(null as text) as article_code,
    products.fixedstockprice as price,
    case when settings.has_moq then products.minimum_purchase_quantity end as minimum_purchase_quantity,
    case when settings.has_lot_size then products.purchase_in_quantities_of end as lot_size,
    case when settings.has_delivery_time then products.deliverytime end as delivery_time,
    nullif(products.weight, 0) as weight,
    settings.has_preferred as maps_preferred,
    true as is_main,
    'enabled' as status,
    cast(null as timestamptz) as created_at,
    products.updated at time zone settings.time_zone as updated_at,
    products.gone_at as deleted_at,
    {{ problems([
        ["'purchase_price' = any(products.unreadable)", "warning|price|not a number"],
        ["'lot_size' = any(products.unreadable) and settings.has_lot_size", "warning|lot_size|not a number"],
        ["'minimum_purchase_quantity' = any(products.unreadable) and settings.has_moq",
            "warning|minimum_purchase_quantity|not a number"],
    ]) }} as problems
from products
inner join {{ ref('stg_picqer__settings') }} as settings on settings.coupling_id = products.coupling_id
where products.idsupplier is not null and not settings.is_fulfilment
