select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."Item"') }} as item,
    coalesce({{ flag('doc."IsDefault"') }}, false) as is_default,
    {{ number('doc."Status"') }} as status,
    {{ number('doc."BatchQuantity"') }} as batch_quantity,
    {{ exact_moment('doc."Modified"') }} as modified_at
from {{ source('exact_online', 'bom_versions') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "Item" text,
    "IsDefault" text,
    "Status" text,
    "BatchQuantity" text,
    "Modified" text
)
where source.superseded_at is null
