-- One product per id, with the stock of the source that the coupling has chosen. A stock status keeps the product's id
-- as its key when the SKU changes: it is found by that, and not by its root.
with products as (
    select * from {{ ref('int_product_records__magento') }}
),

sources as (
    select
        items.coupling_id,
        items.root_key,
        sum(items.quantity) as level,
        bool_or(items.quantity is null) as is_unreadable
    from {{ news('products', ref('stg_magento__source_items')) }} as items
    inner join {{ ref('stg_magento__settings') }} as settings on settings.coupling_id = items.coupling_id
    where items.gone_at is null
        and (settings.stock_warehouses = '{}' or items.source_code = any(settings.stock_warehouses))
    group by items.coupling_id, items.root_key
),

pulled as (
    select coupling_id, stream from {{ source('platform', 'cursors') }}
),

joined as (
    select
        products.*,
        settings.has_stock,
        settings.ean_attribute,
        settings.price_vat_rate,
        settings.has_compositions and {{ magento_is_set('products') }} as assembled,
        {{ gone_by_compare('products.gone_at', 'settings.has_full_compare', 'stored') }} as deleted_at,
        coalesce(products.type_id <> 'simple', false)
        or settings.has_stock and coalesce(statuses.manage_stock, low.manage_stock) is false as is_untracked,
        pulled.stream is not null and products.is_of_this_source as is_pulled,
        case settings.stock_source
            when 'stock_statuses'
                then case when settings.is_salable_wanted then statuses.salable else statuses.physical end
            when 'low_stock' then low.physical
            when 'salable_export' then exported.salable
            -- No source at all is a stock of 0, but only when all sources have been read once.
            when 'source_items' then case
                when sources.root_key is null and pulled.stream is not null then 0
                when not sources.is_unreadable then sources.level
            end
        end as level,
        coalesce(statuses.record_key, low.record_key, exported.record_key, sources.root_key) is not null as is_told
    from products
    inner join {{ ref('stg_magento__settings') }} as settings on settings.coupling_id = products.coupling_id
    left join {{ source('optiply', 'products') }} as stored
        on stored.coupling_id = products.coupling_id and stored.remote_id = coalesce(products.product_id, products.record_key)
    left join pulled on pulled.coupling_id = products.coupling_id and pulled.stream = settings.stock_source
    left join {{ ref('stg_magento__stock_statuses') }} as statuses
        on settings.stock_source = 'stock_statuses'
        and statuses.coupling_id = products.coupling_id
        and statuses.record_key = products.product_id
        and statuses.gone_at is null
    left join {{ ref('stg_magento__low_stock') }} as low
        on settings.stock_source = 'low_stock'
        and low.coupling_id = products.coupling_id
        and low.record_key = products.product_id
        and low.gone_at is null
    left join {{ ref('stg_magento__salable_export') }} as exported
        on settings.stock_source = 'salable_export'
        and exported.coupling_id = products.coupling_id
        and exported.record_key = products.record_key
        and exported.gone_at is null
    left join sources
        on settings.stock_source = 'source_items'
        and sources.coupling_id = products.coupling_id
        and sources.root_key = products.root_key
),

judged as (
    -- A product that is gone keeps the stock it had: its stock is gone as well, and that is no 0.
    select *, has_stock and not is_untracked and gone_at is null as is_stock_needed from joined
)

select
    webshop_id,
    coupling_id,
    coalesce(product_id, record_key) as remote_id,
    root_key,
    name,
    sku as sku_code,
    product_id as article_code,
    {{ filled("jsonb_path_query_first(custom_attributes, '$[*] ? (@.attribute_code == $code).value', jsonb_build_object('code', ean_attribute)) #>> '{}'") }}
        as ean_code,
    -- What consists of others has no price of its own, or 0.
    case when price <> 0 or type_id in ('simple', 'virtual', 'downloadable', 'giftcard') then round(price / (1 + price_vat_rate / 100), 2) end
        as price,
    is_untracked as unlimited_stock,
    case when is_stock_needed and is_of_this_source then level when is_untracked and gone_at is null then 0 end
        as stock_level,
    case status when '1' then 'enabled' when '2' then 'disabled' else coalesce(status, 'unknown') end as status,
    cast(null as boolean) as not_being_bought,
    assembled,
    cast(null as text) as stock_measurement_unit,
    cast(null as numeric) as minimum_stock,
    created_at,
    modified_at as updated_at,
    deleted_at,
    {{ problems([
        ["product_id is null", "blocked|remote_id|missing"],
        ["'price' = any(unreadable)", "warning|price|not a number"],
        ["is_stock_needed and is_of_this_source and level is null and is_told", "blocked|stock_level|not a number"],
        ["is_stock_needed and is_pulled and level is null and not is_told", "blocked|stock_level|stock is unknown"],
        ["is_stock_needed and not is_pulled and (level is null and not is_told or not is_of_this_source)",
            "waiting|stock_level|stock not pulled yet"],
    ]) }} as problems
from judged
