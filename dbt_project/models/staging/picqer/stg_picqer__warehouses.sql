select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at
from {{ source('picqer', 'warehouses') }} as source
where source.superseded_at is null
