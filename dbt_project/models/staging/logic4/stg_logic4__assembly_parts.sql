select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."ProductId"') }} as part_id,
    {{ number('doc."Qty"') }} as quantity
from {{ source('logic4', 'assembly_parts') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "ProductId" text,
    "Qty" text
)
where source.superseded_at is null
