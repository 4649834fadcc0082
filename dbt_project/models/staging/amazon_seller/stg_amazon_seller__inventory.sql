select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    substring(source.record_key from '[^_]+$') as marketplace,
    {{ filled('doc."sellerSku"') }} as sku,
    -- Counts units that are on their way to Amazon and those that are reserved.
    {{ number('doc."totalQuantity"') }} as total_quantity,
    {{ number('details."fulfillableQuantity"') }} as fulfillable_quantity,
    {{ number('details."reservedQuantity" ->> \'totalReservedQuantity\'') }} as reserved_quantity,
    {{ moment('doc."lastUpdatedTime"') }} as modified_at
from {{ source('amazon_seller', 'inventory') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "sellerSku" text,
    "totalQuantity" text,
    "inventoryDetails" jsonb,
    "lastUpdatedTime" text
)
cross join lateral jsonb_to_record(
    case when jsonb_typeof(doc."inventoryDetails") = 'object' then doc."inventoryDetails" else '{}' end
) as details (
    "fulfillableQuantity" text,
    "reservedQuantity" jsonb
)
where source.superseded_at is null
