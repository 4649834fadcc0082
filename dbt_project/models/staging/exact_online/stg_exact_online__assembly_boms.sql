select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ number('doc."BatchQuantity"') }} as batch_quantity,
    {{ exact_moment('doc."Modified"') }} as modified_at
from {{ source('exact_online', 'assembly_boms') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "BatchQuantity" text,
    "Modified" text
)
where source.superseded_at is null
