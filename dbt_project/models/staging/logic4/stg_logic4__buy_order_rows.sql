select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."ProductId"') }} as product_id,
    {{ number('doc."QtyToOrder"') }} as quantity,
    {{ number('doc."QtyToDeliver"') }} as quantity_open,
    {{ number('doc."Price"') }} as price,
    {{ moment('doc."ExpectedDeliveryDate"', ' Europe/Amsterdam') }} as expected_at,
    {{ moment('doc."OrderedOnDateByDistributor"', ' Europe/Amsterdam') }} as ordered_at
from {{ source('logic4', 'buy_order_rows') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "ProductId" text,
    "QtyToOrder" text,
    "QtyToDeliver" text,
    "Price" text,
    "ExpectedDeliveryDate" text,
    "OrderedOnDateByDistributor" text
)
where source.superseded_at is null
