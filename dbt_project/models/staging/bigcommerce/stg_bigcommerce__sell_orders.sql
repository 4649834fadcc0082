select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.status') }} as status,
    doc.lines,
    {{ moment('doc.created_at') }} as created_at,
    {{ moment('doc.updated_at') }} as modified_at
from {{ source('bigcommerce', 'sell_orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    status text,
    lines jsonb,
    created_at text,
    updated_at text
)
where source.superseded_at is null
