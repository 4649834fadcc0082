-- One row per set and part. Magento names parts by SKU; a part that is not known yet is waited for under its SKU.
with products as (
    {{ magento_records('product_compositions') | indent(4) }}
),

known as (
    select coupling_id, record_key, product_id, false as is_by_id from {{ ref('stg_magento__products') }}
    union all
    select coupling_id, record_key, product_id, true as is_by_id from {{ ref('stg_magento__products_by_id') }}
),

listed as (
    select
        products.coupling_id,
        products.record_key,
        {{ filled("link.part ->> 'sku'") }} as sku,
        {{ number("link.part ->> 'qty'") }} as quantity
    from products
    cross join lateral jsonb_path_query(products.bundle_options, '$[*].product_links[*]') as link (part)
    where products.type_id = 'bundle' and {{ magento_is_set('products') }}
    union all
    select
        products.coupling_id,
        products.record_key,
        {{ filled("link.part ->> 'linked_product_sku'") }},
        {{ number("link.part -> 'extension_attributes' ->> 'qty'") }}
    from products
    cross join lateral jsonb_path_query(products.product_links, '$[*] ? (@.link_type == "associated")') as link (part)
    where products.type_id = 'grouped'
),

parts as (
    select
        coupling_id,
        record_key,
        sku,
        case when bool_and(quantity is not null) then sum(quantity) end as quantity
    from listed
    group by coupling_id, record_key, sku
),

named as (
    select
        products.webshop_id,
        products.coupling_id,
        products.root_key,
        coalesce(products.product_id, products.record_key) as composed_remote_id,
        coalesce(known.product_id, 'SKU ' || parts.sku) as part_remote_id,
        parts.quantity,
        products.modified_at,
        products.gone_at,
        settings.has_full_compare
    from parts
    inner join products on products.coupling_id = parts.coupling_id and products.record_key = parts.record_key
    inner join {{ ref('stg_magento__settings') }} as settings on settings.coupling_id = parts.coupling_id
    left join known
        on known.coupling_id = parts.coupling_id
        and known.record_key = parts.sku
        and known.is_by_id = (settings.stock_source = 'low_stock')
)

select
    named.webshop_id,
    named.coupling_id,
    named.composed_remote_id || '_' || coalesce(named.part_remote_id, '') as remote_id,
    named.root_key,
    named.composed_remote_id,
    named.part_remote_id,
    named.quantity as part_quantity,
    cast(null as numeric) as batch_quantity,
    named.modified_at as updated_at,
    {{ gone_by_compare('named.gone_at', 'named.has_full_compare', 'stored') }} as deleted_at,
    cast('{}' as text[]) as problems
from named
left join {{ source('optiply', 'product_compositions') }} as stored
    on stored.coupling_id = named.coupling_id
    and stored.remote_id = named.composed_remote_id || '_' || coalesce(named.part_remote_id, '')
