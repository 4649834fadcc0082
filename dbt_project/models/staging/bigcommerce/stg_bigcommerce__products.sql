select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.name') }} as name,
    {{ number('doc.price') }} as price,
    {{ number('doc.inventory_level') }} as inventory_level,
    {{ filled('doc.inventory_tracking') }} as inventory_tracking,
    {{ flag('doc.is_visible') }} as is_visible,
    {{ filled('doc.availability') }} as availability,
    {{ moment('doc.date_created') }} as created_at,
    {{ moment('doc.date_modified') }} as modified_at,
    {{ unreadable({'price': 'price', 'stock_level': 'inventory_level'}) }} as unreadable
from {{ source('bigcommerce', 'products') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    name text,
    price text,
    inventory_level text,
    inventory_tracking text,
    is_visible text,
    availability text,
    date_created text,
    date_modified text
)
where source.superseded_at is null
