select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.source_code') }} as source_code,
    {{ number('doc.quantity') }} as quantity
from {{ source('magento', 'source_items') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    source_code text,
    quantity text
)
where source.superseded_at is null
