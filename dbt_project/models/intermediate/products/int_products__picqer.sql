-- Composed products are told by their type (B8). A virtual composition has no stock of its own: what Picqer shows for it
-- is computed from its parts, whose stock counts already (API page, trap 4).
with products as (
    select * from {{ news('products', ref('stg_picqer__products')) }} as landed
),

-- A warehouse that the account does not have is a mistake in the settings, and no reason to sell stock as 0.
mistaken as (
    select distinct settings.coupling_id
    from {{ ref('stg_picqer__settings') }} as settings
    cross join lateral unnest(settings.stock_warehouses) as chosen (id)
    left join {{ ref('stg_picqer__warehouses') }} as warehouses
        on warehouses.coupling_id = settings.coupling_id
        and warehouses.record_key = chosen.id
        and warehouses.gone_at is null
    where warehouses.record_key is null and not settings.is_fulfilment
),

levelled as (
    select
        products.*,
        settings.time_zone,
        coalesce(products.type in ('virtual_composition', 'composition_with_stock'), false) as assembled,
        coalesce(products.type = 'virtual_composition', false) as is_virtual,
        case
            when products.type in ('virtual_composition', 'composition_with_stock') then false
            else products.type = 'unlimited_stock' or coalesce(products.has_unlimited_stock, false)
        end as is_unlimited,
        coalesce(jsonb_typeof(products.stock) = 'array', false) as has_stock,
        mistaken.coupling_id is not null as is_mistaken,
        stock.level,
        coalesce(stock.is_unreadable, false) as is_unreadable
    from products
    inner join {{ ref('stg_picqer__settings') }} as settings on settings.coupling_id = products.coupling_id
    left join mistaken on mistaken.coupling_id = products.coupling_id
    cross join lateral (
        select
            coalesce(sum({{ number('doc.freestock') }}), 0) as level,
            bool_or({{ number('doc.freestock') }} is null) as is_unreadable
        from jsonb_path_query(products.stock, '$[*] ? (@.type() == "object")') as item (position)
        cross join lateral jsonb_to_record(item.position) as doc (idwarehouse text, freestock text)
        where settings.stock_warehouses = '{}' or doc.idwarehouse = any(settings.stock_warehouses)
    ) as stock
)

select
    webshop_id,
    coupling_id,
    record_key as remote_id,
    root_key,
    name,
    productcode as sku_code,
    productcode as article_code,
    barcode as ean_code,
    price,
    coalesce(is_unlimited, false) as unlimited_stock,
    case
        when is_virtual then 0
        when not coalesce(is_unlimited, false) and has_stock and not is_unreadable and not is_mistaken then level
    end as stock_level,
    case when is_active then 'enabled' when not is_active then 'disabled' end as status,
    cast(null as boolean) as not_being_bought,
    assembled,
    cast(null as text) as stock_measurement_unit,
    cast(null as numeric) as minimum_stock,
    created at time zone time_zone as created_at,
    updated at time zone time_zone as updated_at,
    gone_at as deleted_at,
    {{ problems([
        ["is_active is null", "blocked|status|unknown"],
        ["'price' = any(unreadable)", "warning|price|not a number"],
        ["is_unreadable and not is_virtual and is_unlimited is not true", "blocked|stock_level|not a number"],
        ["is_mistaken and not is_virtual and is_unlimited is not true", "waiting|stock_level|stock is unknown"],
        ["not has_stock and not is_mistaken and not is_virtual and is_unlimited is not true", "blocked|stock_level|stock is unknown"],
    ]) }} as problems
from levelled
