with mapped as (
    select * from {{ news('products', ref('int_products__unioned')) }} as rooted
)

select
    mapped.webshop_id,
    mapped.coupling_id,
    mapped.remote_id,
    mapped.root_key,
    mapped.name,
    mapped.sku_code,
    mapped.article_code,
    mapped.ean_code,
    mapped.price,
    mapped.unlimited_stock,
    mapped.stock_level,
    -- A product that is gone stays in Optiply, disabled (B3).
    case when mapped.deleted_at is not null then 'disabled' else mapped.status end as status,
    mapped.not_being_bought,
    mapped.assembled,
    mapped.stock_measurement_unit,
    mapped.created_at,
    mapped.updated_at,
    mapped.deleted_at,
    mapped.problems
from mapped
inner join {{ source('platform', 'ownership') }} as ownership
    on ownership.webshop_id = mapped.webshop_id
    and ownership.coupling_id = mapped.coupling_id
    and ownership.object = 'products'
