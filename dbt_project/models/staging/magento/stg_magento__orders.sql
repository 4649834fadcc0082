select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    -- Shops give statuses names of their own; a state is always Magento's.
    coalesce({{ filled('doc.state') }}, {{ filled('doc.status') }}) as state,
    {{ filled('doc.store_id') }} as store_id,
    doc.items,
    {{ moment('doc.created_at', 'Z') }} as created_at,
    {{ moment('doc.updated_at', 'Z') }} as modified_at
from {{ source('magento', 'orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    state text,
    status text,
    store_id text,
    items jsonb,
    created_at text,
    updated_at text
)
where source.superseded_at is null
