-- Variable products are the parents of their variations and no products themselves (B18). A record of type "variation"
-- in the products stream (GET /products/{id} and webhooks answer it) is left to the variations stream.
with products as (
    select * from {{ news('products', ref('stg_woocommerce__products')) }} as landed
),

variations as (
    select * from {{ news('products', ref('stg_woocommerce__variations')) }} as landed
),

simple as (
    select
        products.webshop_id,
        products.coupling_id,
        products.record_key as remote_id,
        products.root_key,
        products.name,
        products.sku,
        products.global_unique_id,
        products.meta_data,
        products.price,
        coalesce(products.is_virtual or products.is_downloadable, false)
        or products.manage_stock is not true as is_untracked,
        products.stock_quantity,
        products.status = 'publish' as is_published,
        products.created_at,
        products.modified_at,
        products.gone_at,
        products.unreadable,
        false as is_waiting
    from products
    where products.type not in ('variable', 'variation') or products.type is null
),

varied as (
    select
        variations.webshop_id,
        variations.coupling_id,
        variations.record_key as remote_id,
        variations.root_key,
        nullif(concat_ws(' ', parent.name, options.names), '') as name,
        variations.sku,
        variations.global_unique_id,
        variations.meta_data,
        variations.price,
        coalesce(variations.is_virtual or variations.is_downloadable, false)
        or case when variations.is_stock_of_parent then parent.manage_stock else variations.manage_stock end is not true
            as is_untracked,
        -- The parent's whole number stands on every variation: it is one shelf, and a share of it is not known.
        case when variations.is_stock_of_parent then coalesce(parent.stock_quantity, variations.stock_quantity)
            else variations.stock_quantity
        end as stock_quantity,
        variations.status = 'publish' and coalesce(parent.status, 'publish') = 'publish' as is_published,
        variations.created_at,
        greatest(variations.modified_at, parent.modified_at) as modified_at,
        coalesce(variations.gone_at, parent.gone_at) as gone_at,
        variations.unreadable,
        parent.record_key is null as is_waiting
    from variations
    left join products as parent
        on parent.coupling_id = variations.coupling_id and parent.record_key = variations.root_key
    left join lateral (
        select string_agg({{ filled("item.attribute ->> 'option'") }}, ' ' order by item.position) as names
        from jsonb_path_query(variations.attributes, '$[*] ? (@.type() == "object")') with ordinality as item (attribute, position)
    ) as options on true
),

both_kinds as (
    select * from simple
    union all
    select * from varied
)

select
    both_kinds.webshop_id,
    both_kinds.coupling_id,
    both_kinds.remote_id,
    both_kinds.root_key,
    both_kinds.name,
    both_kinds.sku as sku_code,
    both_kinds.remote_id as article_code,
    coalesce(meta.ean, both_kinds.global_unique_id) as ean_code,
    round(both_kinds.price / (1 + settings.price_vat_rate / 100), 2) as price,
    both_kinds.is_untracked as unlimited_stock,
    case when not both_kinds.is_untracked then both_kinds.stock_quantity end as stock_level,
    case when both_kinds.is_published then 'enabled' else 'disabled' end as status,
    cast(null as boolean) as not_being_bought,
    false as assembled,
    cast(null as text) as stock_measurement_unit,
    cast(null as numeric) as minimum_stock,
    both_kinds.created_at,
    both_kinds.modified_at as updated_at,
    {{ gone_by_compare('both_kinds.gone_at', 'settings.has_full_compare', 'stored') }} as deleted_at,
    {{ problems([
        ["both_kinds.is_waiting", "waiting|name|waiting for parent"],
        ["'price' = any(both_kinds.unreadable)", "warning|price|not a number"],
        ["not both_kinds.is_untracked and both_kinds.stock_quantity is null", "blocked|stock_level|stock is unknown"],
    ]) }} as problems
from both_kinds
inner join {{ ref('stg_woocommerce__settings') }} as settings on settings.coupling_id = both_kinds.coupling_id
left join {{ source('optiply', 'products') }} as stored
    on stored.coupling_id = both_kinds.coupling_id and stored.remote_id = both_kinds.remote_id
-- A plug-in's value may be of any JSON type; only a text or a number is a code.
left join lateral (
    select {{ filled("found.value #>> '{}'") }} as ean
    from jsonb_path_query(
        both_kinds.meta_data, '$[*] ? (@.key == $wanted).value', jsonb_build_object('wanted', settings.ean_meta_key)
    ) with ordinality as found (value, position)
    where settings.ean_meta_key is not null and jsonb_typeof(found.value) in ('string', 'number')
    order by {{ filled("found.value #>> '{}'") }} is null, found.position
    limit 1
) as meta on true
