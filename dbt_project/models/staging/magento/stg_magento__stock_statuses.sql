select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    -- Outside stands what can be sold, inside the stock record.
    {{ number('doc.qty') }} as salable,
    {{ number("doc.stock_item ->> 'qty'") }} as physical,
    {{ flag("doc.stock_item ->> 'manage_stock'") }} as manage_stock
from {{ source('magento', 'stock_statuses') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    qty text,
    stock_item jsonb
)
where source.superseded_at is null
