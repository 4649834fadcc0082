select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ number('doc."Status"') }} as status,
    {{ filled('doc."Item"') }} as item,
    {{ number('doc."PlannedQuantity"') }} as planned_quantity,
    {{ number('doc."ProducedQuantity"') }} as produced_quantity,
    {{ filled('doc."YourRef"') }} as your_ref,
    {{ exact_moment('doc."EntryDate"') }} as ordered_at,
    {{ exact_moment('doc."PlannedDate"') }} as planned_at,
    {{ exact_moment('doc."Created"') }} as created_at,
    {{ exact_moment('doc."Modified"') }} as modified_at
from {{ source('exact_online', 'shop_orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "Status" text,
    "Item" text,
    "PlannedQuantity" text,
    "ProducedQuantity" text,
    "YourRef" text,
    "EntryDate" text,
    "PlannedDate" text,
    "Created" text,
    "Modified" text
)
where source.superseded_at is null
