select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled("doc.\"OrderStatus\" ->> 'Id'") }} as status_id,
    {{ moment('doc."CreationDate"', ' Europe/Amsterdam') }} as created_at,
    doc."OrderRows" as order_rows
from {{ source('logic4', 'orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "OrderStatus" jsonb,
    "CreationDate" text,
    "OrderRows" jsonb
)
where source.superseded_at is null
