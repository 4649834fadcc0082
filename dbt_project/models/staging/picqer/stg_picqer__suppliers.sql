select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.name') }} as name,
    {{ filled('doc.emailaddress') }} as email
from {{ source('picqer', 'suppliers') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    name text,
    emailaddress text
)
where source.superseded_at is null
