select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.supplier_id') }} as supplier_id,
    {{ filled('doc.reference') }} as reference,
    {{ moment('doc.expected_at') }} as expected_at,
    doc.lines,
    {{ moment('doc.created_at') }} as created_at,
    {{ moment('doc.updated_at') }} as modified_at
from {{ source('<<connector>>', 'buy_orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    supplier_id text,
    reference text,
    expected_at text,
    lines jsonb,
    created_at text,
    updated_at text
)
where source.superseded_at is null
