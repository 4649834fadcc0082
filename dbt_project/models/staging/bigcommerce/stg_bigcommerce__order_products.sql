select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    -- 0 = typed in by the merchant, in no catalogue.
    nullif({{ filled('doc.variant_id') }}, '0') as variant_id,
    {{ filled('doc.sku') }} as sku,
    {{ filled('doc.upc') }} as ean,
    {{ number('doc.quantity') }} as quantity,
    {{ number('doc.total_ex_tax') }} as total_ex_tax
from {{ source('bigcommerce', 'order_products') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    variant_id text,
    sku text,
    upc text,
    quantity text,
    total_ex_tax text
)
where source.superseded_at is null
