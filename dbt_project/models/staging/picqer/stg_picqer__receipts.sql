select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ number('doc.version') }} as version,
    lower(btrim(doc.status)) as status,
    {{ filled('doc.idwarehouse') }} as idwarehouse,
    doc.products,
    {{ picqer_time('doc.completed_at') }} as completed_at,
    {{ picqer_time('doc.created') }} as created,
    {{ picqer_time('doc.updated') }} as updated
from {{ source('picqer', 'receipts') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    version text,
    status text,
    idwarehouse text,
    products jsonb,
    completed_at text,
    created text,
    updated text
)
where source.superseded_at is null
