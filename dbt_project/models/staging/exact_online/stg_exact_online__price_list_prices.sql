select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."PriceListCode"') }} as price_list,
    {{ filled('doc."PriceListPeriod"') }} as period,
    {{ number('doc."EntryMethod"') }} as entry_method,
    {{ number('doc."NewPrice"') }} as new_price,
    {{ number('doc."Discount"') }} as discount,
    {{ filled('doc."BasePrice"') }} as base_price,
    {{ number('doc."BasePriceAmount"') }} as base_price_amount,
    {{ number('doc."Quantity"') }} as quantity,
    {{ number('doc."NumberOfItemsPerUnit"') }} as items_per_unit,
    {{ exact_moment('doc."Modified"') }} as modified_at
from {{ source('exact_online', 'price_list_prices') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "PriceListCode" text,
    "PriceListPeriod" text,
    "EntryMethod" text,
    "NewPrice" text,
    "Discount" text,
    "BasePrice" text,
    "BasePriceAmount" text,
    "Quantity" text,
    "NumberOfItemsPerUnit" text,
    "Modified" text
)
where source.superseded_at is null
