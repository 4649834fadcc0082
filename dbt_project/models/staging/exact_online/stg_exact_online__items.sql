select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."Code"') }} as code,
    {{ filled('doc."Description"') }} as description,
    {{ filled('doc."SearchCode"') }} as search_code,
    {{ filled('doc."Barcode"') }} as barcode,
    {{ filled('doc."ItemGroupCode"') }} as item_group_code,
    {{ number('doc."CostPriceStandard"') }} as cost_price_standard,
    {{ flag('doc."IsPurchaseItem"') }} as is_purchase_item,
    {{ flag('doc."IsMakeItem"') }} as is_make_item,
    {{ exact_moment('doc."EndDate"') }} as ends_at,
    {{ exact_moment('doc."Created"') }} as created_at,
    {{ exact_moment('doc."Modified"') }} as modified_at
from {{ source('exact_online', 'items') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "Code" text,
    "Description" text,
    "SearchCode" text,
    "Barcode" text,
    "ItemGroupCode" text,
    "CostPriceStandard" text,
    "IsPurchaseItem" text,
    "IsMakeItem" text,
    "EndDate" text,
    "Created" text,
    "Modified" text
)
where source.superseded_at is null
