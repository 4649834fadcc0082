select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.product_id') }} as product_id,
    {{ filled('doc.supplier_id') }} as supplier_id,
    {{ filled('doc.sku') }} as sku,
    {{ number('doc.price') }} as price,
    {{ number('doc.minimum_quantity') }} as minimum_quantity,
    {{ number('doc.lot_size') }} as lot_size,
    {{ flag('doc.preferred') }} as is_preferred,
    {{ moment('doc.created_at') }} as created_at,
    {{ moment('doc.updated_at') }} as modified_at,
    {{ unreadable({'price': 'price'}) }} as unreadable
from {{ source('<<connector>>', 'supplier_products') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    product_id text,
    supplier_id text,
    sku text,
    price text,
    minimum_quantity text,
    lot_size text,
    preferred text,
    created_at text,
    updated_at text
)
where source.superseded_at is null
