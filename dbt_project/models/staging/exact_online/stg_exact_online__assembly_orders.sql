select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ number('doc."OrderStatus"') }} as status,
    {{ filled('doc."Item"') }} as item,
    {{ number('doc."PlannedQuantity"') }} as planned_quantity,
    {{ number('doc."FinishedQuantity"') }} as finished_quantity,
    {{ exact_moment('doc."OrderDate"') }} as ordered_at,
    {{ exact_moment('doc."AssemblyDate"') }} as planned_at
from {{ source('exact_online', 'assembly_orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "OrderStatus" text,
    "Item" text,
    "PlannedQuantity" text,
    "FinishedQuantity" text,
    "OrderDate" text,
    "AssemblyDate" text
)
where source.superseded_at is null
