select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ moment("doc.\"order\" ->> 'orderPlacedDateTime'") }} as placed_at,
    {{ moment('doc."shipmentDateTime"') }} as shipped_at
from {{ source('bol_com', 'shipments') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "order" jsonb,
    "shipmentDateTime" text
)
where source.superseded_at is null
