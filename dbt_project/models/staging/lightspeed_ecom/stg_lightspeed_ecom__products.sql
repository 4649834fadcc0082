-- `false` and an empty text both stand for null; a reference to nothing is `false` as well.
select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    nullif({{ filled('doc.title') }}, 'false') as title,
    lower({{ filled('doc.visibility') }}) as visibility,
    nullif({{ filled("doc.supplier #>> '{resource,id}'") }}, 'false') as supplier_id,
    {{ moment('doc."createdAt"') }} as created_at,
    {{ moment('doc."updatedAt"') }} as updated_at
from {{ source('lightspeed_ecom', 'products') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    title text,
    visibility text,
    supplier jsonb,
    "createdAt" text,
    "updatedAt" text
)
where source.superseded_at is null
