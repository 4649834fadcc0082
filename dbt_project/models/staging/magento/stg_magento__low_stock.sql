select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ number('doc.qty') }} as physical,
    {{ flag('doc.manage_stock') }} as manage_stock
from {{ source('magento', 'low_stock') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    qty text,
    manage_stock text
)
where source.superseded_at is null
