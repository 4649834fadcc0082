select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."InvoiceBelongsToOrderNumber"') }} as order_id,
    {{ moment('doc."CreationDate"', ' Europe/Amsterdam') }} as created_at,
    {{ moment('doc."DeliveryDate"', ' Europe/Amsterdam') }} as delivered_at,
    doc."OrderRows" as order_rows
from {{ source('logic4', 'invoices') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "InvoiceBelongsToOrderNumber" text,
    "CreationDate" text,
    "DeliveryDate" text,
    "OrderRows" jsonb
)
where source.superseded_at is null
