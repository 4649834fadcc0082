-- `priceExcl` is the line's total without VAT. The reference to a variant that was deleted is `false`.
select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    nullif({{ filled("doc.variant #>> '{resource,id}'") }}, 'false') as variant_id,
    nullif({{ filled('doc.ean') }}, 'false') as ean,
    nullif({{ filled('doc.sku') }}, 'false') as sku,
    {{ number('doc."quantityOrdered"') }} as quantity_ordered,
    {{ number('doc."priceExcl"') }} as price_excl
from {{ source('lightspeed_ecom', 'order_products') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    variant jsonb,
    ean text,
    sku text,
    "quantityOrdered" text,
    "priceExcl" text
)
where source.superseded_at is null
