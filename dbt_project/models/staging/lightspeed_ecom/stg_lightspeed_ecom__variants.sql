-- Numbers come as numbers or as texts; `false` and an empty text both stand for null.
select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    nullif({{ filled('doc.title') }}, 'false') as title,
    nullif({{ filled('doc.sku') }}, 'false') as sku,
    nullif({{ filled('doc."articleCode"') }}, 'false') as article_code,
    nullif({{ filled('doc.ean') }}, 'false') as ean,
    lower({{ filled('doc."stockTracking"') }}) as stock_tracking,
    {{ number('told."priceExcl"') }} as price_excl,
    {{ number('told."priceCost"') }} as price_cost,
    {{ number('told."stockLevel"') }} as stock_level,
    {{ number('told.colli') }} as colli,
    {{ number('doc."stockMinimum"') }} as stock_minimum,
    {{ number('doc.weight') }} as weight,
    {{ moment('doc."createdAt"') }} as created_at,
    {{ moment('doc."updatedAt"') }} as updated_at,
    {{ unreadable({'price': 'priceExcl', 'cost': 'priceCost', 'stock_level': 'stockLevel', 'lot_size': 'colli'}, 'told') }}
        as unreadable
from {{ source('lightspeed_ecom', 'variants') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    title text,
    sku text,
    "articleCode" text,
    ean text,
    "stockTracking" text,
    "priceExcl" text,
    "priceCost" text,
    "stockLevel" text,
    colli text,
    "stockMinimum" text,
    weight text,
    "createdAt" text,
    "updatedAt" text
)
cross join lateral (
    select
        nullif(doc."priceExcl", 'false') as "priceExcl",
        nullif(doc."priceCost", 'false') as "priceCost",
        nullif(doc."stockLevel", 'false') as "stockLevel",
        nullif(doc.colli, 'false') as colli
) as told
where source.superseded_at is null
