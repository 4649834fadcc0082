select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    -- The report does not name its marketplace: it is the end of the key, and no marketplace's id holds an underscore.
    substring(source.record_key from '[^_]+$') as marketplace,
    {{ filled('doc."seller-sku"') }} as sku,
    {{ filled('doc.asin1') }} as asin,
    {{ filled('doc."item-name"') }} as name,
    {{ number('doc.price') }} as price,
    {{ amazon_currency("substring(source.record_key from '[^_]+$')") }} as currency,
    {{ number('doc.quantity') }} as quantity,
    lower(btrim(doc.status)) = 'active' as is_active,
    lower(btrim(doc.status)) = 'incomplete' as is_incomplete,
    cast(null as timestamptz) as created_at,
    cast(null as timestamptz) as modified_at,
    {{ unreadable({'price': 'price', 'stock_level': 'quantity'}) }} as unreadable
from {{ source('amazon_seller', 'listings') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "seller-sku" text,
    asin1 text,
    "item-name" text,
    price text,
    quantity text,
    status text
)
where source.superseded_at is null
