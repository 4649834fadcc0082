select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    substring(source.record_key from '[^_]+$') as marketplace,
    {{ filled('doc.sku') }} as sku,
    {{ filled('summary.asin') }} as asin,
    {{ filled('summary."itemName"') }} as name,
    {{ number('offer.amount') }} as price,
    {{ filled('offer."currencyCode"') }} as currency,
    {{ number('doc."fulfillmentAvailability" -> 0 ->> \'quantity\'') }} as quantity,
    coalesce(summary.status @> '["BUYABLE"]', false) as is_active,
    false as is_incomplete,
    {{ moment('summary."createdDate"') }} as created_at,
    {{ moment('summary."lastUpdatedDate"') }} as modified_at,
    {{ unreadable({'price': 'amount'}, 'offer') }} as unreadable
from {{ source('amazon_seller', 'listing_items') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    sku text,
    summaries jsonb,
    offers jsonb,
    "fulfillmentAvailability" jsonb
)
cross join lateral jsonb_to_record(coalesce(jsonb_path_query_first(doc.summaries, '$[0] ? (@.type() == "object")'), '{}')) as summary (
    asin text,
    "itemName" text,
    status jsonb,
    "createdDate" text,
    "lastUpdatedDate" text
)
-- Amazon's price for consumers; there may be another one for businesses.
cross join lateral jsonb_to_record(
    coalesce(jsonb_path_query_first(doc.offers, '$[*] ? (@.offerType == "B2C").price ? (@.type() == "object")'), '{}')
) as offer (
    amount text,
    "currencyCode" text
)
where source.superseded_at is null
