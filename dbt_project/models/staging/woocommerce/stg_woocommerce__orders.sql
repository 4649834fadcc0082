select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    doc.status,
    doc.line_items,
    {{ moment('doc.date_created_gmt', 'Z') }} as created_at,
    {{ moment('doc.date_modified_gmt', 'Z') }} as modified_at,
    {{ moment('doc.date_completed_gmt', 'Z') }} as completed_at
from {{ source('woocommerce', 'orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    status text,
    line_items jsonb,
    date_created_gmt text,
    date_modified_gmt text,
    date_completed_gmt text
)
where source.superseded_at is null
