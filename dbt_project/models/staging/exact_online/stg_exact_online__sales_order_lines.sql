select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."Item"') }} as item,
    {{ filled('doc."CostCenter"') }} as cost_center,
    {{ number('doc."LineNumber"') }} as line_number,
    {{ number('doc."Quantity"') }} as quantity,
    {{ number('doc."AmountDC"') }} as amount_dc,
    coalesce({{ flag('doc."UseDropShipment"') }}, false) as is_drop_shipment
from {{ source('exact_online', 'sales_order_lines') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "Item" text,
    "CostCenter" text,
    "LineNumber" text,
    "Quantity" text,
    "AmountDC" text,
    "UseDropShipment" text
)
where source.superseded_at is null
