select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ number('doc.qty') }} as salable
from {{ source('magento', 'salable_export') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    qty text
)
where source.superseded_at is null
