select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    lower({{ filled('doc.status') }}) as status,
    {{ moment('doc."createdAt"') }} as created_at,
    {{ moment('doc."updatedAt"') }} as updated_at
from {{ source('lightspeed_ecom', 'orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    status text,
    "createdAt" text,
    "updatedAt" text
)
where source.superseded_at is null
