select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ moment('doc."DateTimeLastChanged"', ' Europe/Amsterdam') }} as changed_at
from {{ source('logic4', 'hidden_products') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "DateTimeLastChanged" text
)
where source.superseded_at is null
