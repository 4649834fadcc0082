select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.composed_id') }} as composed_id,
    {{ filled('doc.part_id') }} as part_id,
    {{ number('doc.quantity') }} as quantity,
    {{ moment('doc.created_at') }} as created_at,
    {{ moment('doc.updated_at') }} as modified_at,
    {{ unreadable({'part_quantity': 'quantity'}) }} as unreadable
from {{ source('<<connector>>', 'product_compositions') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    composed_id text,
    part_id text,
    quantity text,
    created_at text,
    updated_at text
)
where source.superseded_at is null
