select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."PurchaseOrderLineID"') }} as purchase_order_line,
    {{ number('doc."ReturnQuantity"') }} as return_quantity,
    {{ exact_moment('doc."Created"') }} as created_at,
    {{ exact_moment('doc."Modified"') }} as modified_at
from {{ source('exact_online', 'purchase_return_lines') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "PurchaseOrderLineID" text,
    "ReturnQuantity" text,
    "Created" text,
    "Modified" text
)
where source.superseded_at is null
