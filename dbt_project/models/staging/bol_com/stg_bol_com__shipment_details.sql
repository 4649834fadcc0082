select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    doc."shipmentItems" as shipment_items,
    {{ moment('doc."shipmentDateTime"') }} as shipped_at
from {{ source('bol_com', 'shipment_details') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "shipmentItems" jsonb,
    "shipmentDateTime" text
)
where source.superseded_at is null
