select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.sku') }} as sku,
    coalesce({{ filled('doc.gtin') }}, {{ filled('doc.upc') }}) as ean,
    {{ number('doc.price') }} as price,
    {{ number('doc.inventory_level') }} as inventory_level,
    options.labels,
    options.labels is not null as has_options,
    {{ unreadable({'price': 'price', 'stock_level': 'inventory_level'}) }} as unreadable
from {{ source('bigcommerce', 'variants') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    sku text,
    gtin text,
    upc text,
    price text,
    inventory_level text,
    option_values jsonb
)
cross join lateral (
    select string_agg(coalesce(option #>> '{label}', ''), ' ' order by position) as labels
    from jsonb_path_query(doc.option_values, '$[*]') with ordinality as list (option, position)
) as options
where source.superseded_at is null
