select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    doc.type,
    doc.status,
    {{ filled('doc.name') }} as name,
    {{ filled('doc.sku') }} as sku,
    {{ filled('doc.global_unique_id') }} as global_unique_id,
    doc.meta_data,
    {{ number('doc.price') }} as price,
    {{ flag('doc.virtual') }} as is_virtual,
    {{ flag('doc.downloadable') }} as is_downloadable,
    {{ flag('doc.manage_stock') }} as manage_stock,
    {{ number('doc.stock_quantity') }} as stock_quantity,
    {{ moment('doc.date_created_gmt', 'Z') }} as created_at,
    {{ moment('doc.date_modified_gmt', 'Z') }} as modified_at,
    {{ unreadable({'price': 'price', 'stock_level': 'stock_quantity'}) }} as unreadable
from {{ source('woocommerce', 'products') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    type text,
    status text,
    name text,
    sku text,
    global_unique_id text,
    meta_data jsonb,
    price text,
    virtual text,
    downloadable text,
    manage_stock text,
    stock_quantity text,
    date_created_gmt text,
    date_modified_gmt text
)
where source.superseded_at is null
