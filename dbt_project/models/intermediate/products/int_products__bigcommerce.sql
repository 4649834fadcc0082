-- A product of Optiply is a variant; one without options has its base variant, which mirrors the product's stock.
with variants as (
    select * from {{ news('products', ref('stg_bigcommerce__variants')) }} as landed
),

joined as (
    select
        variants.*,
        products.record_key is not null as has_product,
        case when variants.has_options then products.name || ' ' || variants.labels else products.name end as name,
        -- A variant without a price of its own has its product's.
        coalesce(variants.price, case when not 'price' = any(variants.unreadable) then products.price end) as own_price,
        products.inventory_tracking = 'none' as is_untracked,
        -- Tracked per product, a product with options has one level for all its variants.
        case
            when products.inventory_tracking = 'product' and variants.has_options then products.inventory_level
            else variants.inventory_level
        end as level,
        coalesce(products.is_visible, true) and coalesce(products.availability, 'available') != 'disabled' as is_sold,
        'price' = any(variants.unreadable) or (variants.price is null and 'price' = any(products.unreadable))
            as is_price_unreadable,
        products.created_at,
        products.modified_at,
        products.gone_at as product_gone_at
    from variants
    left join {{ ref('stg_bigcommerce__products') }} as products
        on products.coupling_id = variants.coupling_id and products.record_key = variants.root_key
)

select
    joined.webshop_id,
    joined.coupling_id,
    joined.record_key as remote_id,
    joined.root_key,
    joined.name,
    joined.sku as sku_code,
    cast(null as text) as article_code,
    joined.ean as ean_code,
    joined.own_price as price,
    coalesce(joined.is_untracked, false) as unlimited_stock,
    case when not joined.is_untracked then joined.level end as stock_level,
    case when joined.is_sold then 'enabled' else 'disabled' end as status,
    cast(null as boolean) as not_being_bought,
    false as assembled,
    cast(null as text) as stock_measurement_unit,
    cast(null as numeric) as minimum_stock,
    joined.created_at,
    joined.modified_at as updated_at,
    coalesce(joined.gone_at, joined.product_gone_at) as deleted_at,
    {{ problems([
        ["not joined.has_product", "waiting|name|waiting for parent"],
        ["joined.is_price_unreadable", "warning|price|not a number"],
        ["joined.has_product and joined.is_untracked is not true and joined.level is null", "blocked|stock_level|stock is unknown"],
    ]) }} as problems
from joined
