select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.idproduct') }} as idproduct,
    {{ number('doc.amount') }} as amount
from {{ source('picqer', 'product_parts') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    idproduct text,
    amount text
)
where source.superseded_at is null
