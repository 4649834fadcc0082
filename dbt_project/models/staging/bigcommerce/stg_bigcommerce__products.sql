select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.name') }} as name,
    {{ filled('doc.sku') }} as sku,
    {{ filled('doc.ean') }} as ean,
    {{ number('doc.price') }} as price,
    {{ number('doc.stock') }} as stock,
    {{ flag('doc.active') }} as is_active,
    {{ flag('doc.assembled') }} as is_assembled,
    {{ moment('doc.created_at') }} as created_at,
    {{ moment('doc.updated_at') }} as modified_at,
    {{ unreadable({'price': 'price', 'stock_level': 'stock'}) }} as unreadable
from {{ source('bigcommerce', 'products') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    name text,
    sku text,
    ean text,
    price text,
    stock text,
    active text,
    assembled text,
    created_at text,
    updated_at text
)
where source.superseded_at is null
