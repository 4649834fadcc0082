select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.currency') }} as currency
from {{ source('bigcommerce', 'store') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (currency text)
where source.superseded_at is null
