select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.asin') }} as asin,
    {{ amazon_ean('doc.identifiers') }} as ean
from {{ source('amazon_seller', 'catalog') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    asin text,
    identifiers jsonb
)
where source.superseded_at is null
