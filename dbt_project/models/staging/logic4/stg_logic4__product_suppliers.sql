select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."CreditorId"') }} as creditor_id,
    {{ filled('doc."CreditorProductCode"') }} as creditor_product_code,
    {{ flag('doc."IsActive"') }} as is_active,
    doc."CreditorBuyPrices" as buy_prices
from {{ source('logic4', 'product_suppliers') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "CreditorId" text,
    "CreditorProductCode" text,
    "IsActive" text,
    "CreditorBuyPrices" jsonb
)
where source.superseded_at is null
