with products as (
    select * from {{ news('products', ref('stg_<<connector>>__products')) }} as landed
)

select
    products.webshop_id,
    products.coupling_id,
    products.record_key as remote_id,
    products.root_key,
    products.name,
    products.sku as sku_code,
    cast(null as text) as article_code,
    products.ean as ean_code,
    products.price,
    false as unlimited_stock,
    products.stock as stock_level,
    case when products.is_active then 'enabled' else 'disabled' end as status,
    cast(null as boolean) as not_being_bought,
    coalesce(products.is_assembled, false) as assembled,
    cast(null as text) as stock_measurement_unit,
    cast(null as numeric) as minimum_stock,
    products.created_at,
    products.modified_at as updated_at,
    products.gone_at as deleted_at,
    {{ problems([
        ["'price' = any(products.unreadable)", "warning|price|not a number"],
        ["products.stock is null", "blocked|stock_level|stock is unknown"],
    ]) }} as problems
from products
