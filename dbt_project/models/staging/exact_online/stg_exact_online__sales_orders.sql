select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ number('doc."Status"') }} as status,
    {{ filled('doc."OrderedBy"') }} as ordered_by,
    {{ exact_moment('doc."OrderDate"') }} as ordered_at,
    {{ exact_moment('doc."Created"') }} as created_at,
    {{ exact_moment('doc."Modified"') }} as modified_at
from {{ source('exact_online', 'sales_orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "Status" text,
    "OrderedBy" text,
    "OrderDate" text,
    "Created" text,
    "Modified" text
)
where source.superseded_at is null
