select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ number('doc.status_id') }} as status_id,
    {{ flag('doc.is_deleted') }} as is_deleted,
    {{ mail_moment('doc.date_created') }} as created_at,
    {{ mail_moment('doc.date_modified') }} as modified_at,
    {{ mail_moment('doc.date_shipped') }} as shipped_at
from {{ source('bigcommerce', 'orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    status_id text,
    is_deleted text,
    date_created text,
    date_modified text,
    date_shipped text
)
where source.superseded_at is null
