select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.buy_order_line_id') }} as buy_order_line_id,
    {{ number('doc.quantity') }} as quantity,
    {{ moment('doc.received_at') }} as received_at,
    {{ moment('doc.created_at') }} as created_at,
    {{ moment('doc.updated_at') }} as modified_at,
    {{ unreadable({'quantity': 'quantity'}) }} as unreadable
from {{ source('<<connector>>', 'receipt_lines') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    buy_order_line_id text,
    quantity text,
    received_at text,
    created_at text,
    updated_at text
)
where source.superseded_at is null
