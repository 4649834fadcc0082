{#- The products of a landing table, typed: two streams read the same endpoint and differ in their root only. -#}
{% macro magento_products(landed) -%}
select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc.id') }} as product_id,
    {{ filled('doc.sku') }} as sku,
    {{ filled('doc.name') }} as name,
    {{ filled('doc.type_id') }} as type_id,
    {{ filled('doc.status') }} as status,
    {{ number('doc.price') }} as price,
    doc.custom_attributes,
    doc.product_links,
    doc.extension_attributes -> 'bundle_product_options' as bundle_options,
    {{ moment('doc.created_at', 'Z') }} as created_at,
    {{ moment('doc.updated_at', 'Z') }} as modified_at,
    {{ unreadable({'price': 'price'}) }} as unreadable
from {{ landed }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    id text,
    sku text,
    name text,
    type_id text,
    status text,
    price text,
    custom_attributes jsonb,
    product_links jsonb,
    extension_attributes jsonb,
    created_at text,
    updated_at text
)
where source.superseded_at is null
{%- endmacro %}
