select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."ASIN"') }} as asin,
    {{ filled('doc."SellerSKU"') }} as sku,
    {{ number('doc."QuantityOrdered"') }} as quantity,
    -- The amount of the line, not of one piece.
    {{ number('doc."ItemPrice" ->> \'Amount\'') }} as price,
    {{ number('doc."ItemTax" ->> \'Amount\'') }} as tax
from {{ source('amazon_seller', 'order_items_v0') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "ASIN" text,
    "SellerSKU" text,
    "QuantityOrdered" text,
    "ItemPrice" jsonb,
    "ItemTax" jsonb
)
where source.superseded_at is null
