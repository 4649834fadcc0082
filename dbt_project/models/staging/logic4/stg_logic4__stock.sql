select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."WarehouseId"') }} as warehouse_id,
    {{ number('doc."FreeStock"') }} as free_stock
from {{ source('logic4', 'stock') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "WarehouseId" text,
    "FreeStock" text
)
where source.superseded_at is null
