select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    btrim(doc."WarehouseCode") as warehouse_code,
    {{ number('doc."CurrentStock"') }} as current_stock,
    {{ number('doc."PlanningOut"') }} as planning_out
from {{ source('exact_online', 'stock_positions') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "WarehouseCode" text,
    "CurrentStock" text,
    "PlanningOut" text
)
where source.superseded_at is null
