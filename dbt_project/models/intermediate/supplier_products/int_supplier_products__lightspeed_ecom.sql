-- Derived: the parent product's one supplier times its variants (B17). A variant whose product has no supplier (any more)
-- yields no row.
with variants as (
    select * from {{ news('supplier_products', ref('stg_lightspeed_ecom__variants')) }} as landed
),

parents as (
    select * from {{ news('supplier_products', ref('stg_lightspeed_ecom__products')) }} as landed
)

select
    variants.webshop_id,
    variants.coupling_id,
    variants.record_key || '_' || parents.supplier_id as remote_id,
    variants.root_key,
    variants.record_key as product_remote_id,
    parents.supplier_id as supplier_remote_id,
    cast(null as text) as name,
    cast(null as text) as sku_code,
    variants.ean as ean_code,
    cast(null as text) as article_code,
    round(variants.price_cost, 2) as price,
    cast(null as numeric) as minimum_purchase_quantity,
    case when settings.has_lot_size and variants.colli >= 1 then variants.colli end as lot_size,
    cast(null as numeric) as delivery_time,
    nullif(variants.weight, 0) as weight,
    settings.has_preferred as maps_preferred,
    true as is_main,
    'enabled' as status,
    variants.created_at,
    greatest(variants.updated_at, parents.updated_at) as updated_at,
    coalesce(variants.gone_at, parents.gone_at) as deleted_at,
    {{ problems([
        ["'cost' = any(variants.unreadable)", "warning|price|not a number"],
        ["settings.has_lot_size and 'lot_size' = any(variants.unreadable)", "warning|lot_size|not a number"],
    ]) }} as problems
from variants
inner join parents
    on parents.coupling_id = variants.coupling_id and parents.record_key = variants.root_key
inner join {{ ref('stg_lightspeed_ecom__settings') }} as settings on settings.coupling_id = variants.coupling_id
where parents.supplier_id is not null
