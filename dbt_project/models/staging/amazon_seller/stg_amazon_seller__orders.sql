select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    '2026-01-01' as api,
    {{ amazon_status('doc.fulfillment ->> \'fulfillmentStatus\'') }} as status,
    {{ filled('doc."salesChannel" ->> \'marketplaceId\'') }} as marketplace,
    {{ filled('doc.proceeds -> \'grandTotal\' ->> \'currencyCode\'') }} as currency,
    {{ moment('doc."createdTime"') }} as placed_at,
    {{ moment('doc."lastUpdatedTime"') }} as modified_at,
    doc."orderItems" as order_items
from {{ source('amazon_seller', 'orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    fulfillment jsonb,
    "salesChannel" jsonb,
    proceeds jsonb,
    "createdTime" text,
    "lastUpdatedTime" text,
    "orderItems" jsonb
)
where source.superseded_at is null
