select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.name') }} as name,
    {{ filled('doc.email') }} as email,
    {{ number('doc.lead_days') }} as lead_days,
    {{ moment('doc.created_at') }} as created_at,
    {{ moment('doc.updated_at') }} as modified_at
from {{ source('<<connector>>', 'suppliers') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    name text,
    email text,
    lead_days text,
    created_at text,
    updated_at text
)
where source.superseded_at is null
