select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."Name"') }} as name,
    {{ filled('doc."Email"') }} as email,
    {{ number('doc."PurchaseLeadDays"') }} as purchase_lead_days,
    {{ flag('doc."IsSupplier"') }} as is_supplier,
    {{ exact_moment('doc."EndDate"') }} as ends_at,
    {{ exact_moment('doc."Created"') }} as created_at,
    {{ exact_moment('doc."Modified"') }} as modified_at
from {{ source('exact_online', 'accounts') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "Name" text,
    "Email" text,
    "PurchaseLeadDays" text,
    "IsSupplier" text,
    "EndDate" text,
    "Created" text,
    "Modified" text
)
where source.superseded_at is null
