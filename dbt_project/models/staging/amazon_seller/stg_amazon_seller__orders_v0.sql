select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    'v0' as api,
    {{ amazon_status('doc."OrderStatus"') }} as status,
    {{ filled('doc."MarketplaceId"') }} as marketplace,
    {{ filled('doc."OrderTotal" ->> \'CurrencyCode\'') }} as currency,
    {{ moment('doc."PurchaseDate"') }} as placed_at,
    {{ moment('doc."LastUpdateDate"') }} as modified_at,
    cast(null as jsonb) as order_items
from {{ source('amazon_seller', 'orders_v0') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "OrderStatus" text,
    "MarketplaceId" text,
    "OrderTotal" jsonb,
    "PurchaseDate" text,
    "LastUpdateDate" text
)
where source.superseded_at is null
