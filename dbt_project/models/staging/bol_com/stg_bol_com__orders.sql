select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ moment('doc."orderPlacedDateTime"') }} as placed_at
from {{ source('bol_com', 'orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "orderPlacedDateTime" text
)
where source.superseded_at is null
