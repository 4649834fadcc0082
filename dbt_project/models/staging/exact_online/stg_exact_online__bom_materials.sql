select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."PartItem"') }} as part_item,
    {{ number('doc."Quantity"') }} as quantity,
    {{ exact_moment('doc."sysmodified"') }} as modified_at
from {{ source('exact_online', 'bom_materials') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "PartItem" text,
    "Quantity" text,
    "sysmodified" text
)
where source.superseded_at is null
