select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ number('doc."Type"') }} as type,
    {{ exact_moment('doc."StartDate"') }} as starts_at,
    {{ exact_moment('doc."EndDate"') }} as ends_at
from {{ source('exact_online', 'price_list_periods') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "Type" text,
    "StartDate" text,
    "EndDate" text
)
where source.superseded_at is null
