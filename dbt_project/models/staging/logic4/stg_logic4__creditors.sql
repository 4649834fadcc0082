select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."CompanyName"') }} as company_name,
    {{ filled('doc."EmailAddress"') }} as email_address,
    {{ filled('doc."SupplierGLN"') }} as gln
from {{ source('logic4', 'creditors') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "CompanyName" text,
    "EmailAddress" text,
    "SupplierGLN" text
)
where source.superseded_at is null
