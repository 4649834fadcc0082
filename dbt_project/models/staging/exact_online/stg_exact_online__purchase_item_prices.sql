select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."Account"') }} as account,
    {{ number('doc."Price"') }} as price,
    {{ number('doc."Quantity"') }} as quantity,
    {{ number('doc."NumberOfItemsPerUnit"') }} as items_per_unit,
    {{ exact_moment('doc."StartDate"') }} as starts_at,
    {{ exact_moment('doc."EndDate"') }} as ends_at,
    {{ exact_moment('doc."Modified"') }} as modified_at,
    {{ unreadable({'price': 'Price'}) }} as unreadable
from {{ source('exact_online', 'purchase_item_prices') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "Account" text,
    "Price" text,
    "Quantity" text,
    "NumberOfItemsPerUnit" text,
    "StartDate" text,
    "EndDate" text,
    "Modified" text
)
where source.superseded_at is null
