select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    doc.status,
    {{ filled('doc.sku') }} as sku,
    {{ filled('doc.global_unique_id') }} as global_unique_id,
    doc.meta_data,
    {{ number('doc.price') }} as price,
    {{ flag('doc.virtual') }} as is_virtual,
    {{ flag('doc.downloadable') }} as is_downloadable,
    -- true, false or the string "parent": the number of the parent is then repeated on each of its variations.
    lower(doc.manage_stock) = 'parent' as is_stock_of_parent,
    {{ flag('doc.manage_stock') }} as manage_stock,
    {{ number('doc.stock_quantity') }} as stock_quantity,
    doc.attributes,
    {{ moment('doc.date_created_gmt', 'Z') }} as created_at,
    {{ moment('doc.date_modified_gmt', 'Z') }} as modified_at,
    {{ unreadable({'price': 'price', 'stock_level': 'stock_quantity'}) }} as unreadable
from {{ source('woocommerce', 'variations') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    status text,
    sku text,
    global_unique_id text,
    meta_data jsonb,
    price text,
    virtual text,
    downloadable text,
    manage_stock text,
    stock_quantity text,
    attributes jsonb,
    date_created_gmt text,
    date_modified_gmt text
)
where source.superseded_at is null
