select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ moment('doc."DateTimeProcessed"', ' Europe/Amsterdam') }} as processed_at,
    doc."Rows" as delivered_rows
from {{ source('logic4', 'deliveries') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "DateTimeProcessed" text,
    "Rows" jsonb
)
where source.superseded_at is null
