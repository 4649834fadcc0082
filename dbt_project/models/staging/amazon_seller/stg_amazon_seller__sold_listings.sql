select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."seller-sku"') }} as sku,
    {{ filled('doc.asin1') }} as asin,
    -- 3 is a UPC, 4 an EAN; 1 is the ASIN itself.
    case when btrim(doc."product-id-type") in ('3', '4') then {{ filled('doc."product-id"') }} end as ean
from {{ source('amazon_seller', 'sold_listings') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "seller-sku" text,
    asin1 text,
    "product-id" text,
    "product-id-type" text
)
where source.superseded_at is null
