-- One product per item: the item, its stock per warehouse and its selling price; the bill of
-- materials tells what is assembled where the coupling says so.
with items as (
    select * from {{ news('products', ref('stg_exact_online__items')) }} as landed
),

stock as (
    select
        positions.coupling_id,
        positions.root_key,
        sum(positions.current_stock - positions.planning_out) as level,
        bool_or(positions.current_stock is null or positions.planning_out is null) as is_unreadable
    from {{ news('products', ref('stg_exact_online__stock_positions')) }} as positions
    inner join {{ ref('stg_exact_online__settings') }} as settings on settings.coupling_id = positions.coupling_id
    where positions.gone_at is null
        and (settings.stock_warehouses = '{}' or positions.warehouse_code = any(settings.stock_warehouses))
    group by positions.coupling_id, positions.root_key
),

assembled as (
    select distinct materials.coupling_id, materials.root_key
    from {{ news('products', ref('stg_exact_online__assembly_materials')) }} as materials
    where materials.gone_at is null
),

-- No position is a stock of 0 only when all positions have been pulled once; before that the stock is unknown.
pulled as (
    select coupling_id from {{ source('platform', 'cursors') }} where stream = 'stock_positions'
),

joined as (
    select
        items.*,
        settings.has_article_code,
        settings.is_of_price_list and settings.price_list is null as lacks_price_list,
        {{ exact_price('prices.price', 'units.factor') }} as price,
        prices.price as price_of_unit,
        prices.is_unreadable as is_price_unreadable,
        stock.is_unreadable as is_stock_unreadable,
        stock.root_key is null and pulled.coupling_id is null as is_stock_unknown,
        coalesce(stock.level * coalesce(units.factor, 1), case when pulled.coupling_id is not null then 0 end) as stock_level,
        units.measurement_unit,
        coalesce(items.item_group_code = any(settings.disabled_groups), false) as is_of_disabled_group,
        settings.follows_is_on_demand_item and items.is_on_demand_item as is_on_demand,
        array[
            settings.assortments ->> ('01:' || items.class_01),
            settings.assortments ->> ('02:' || items.class_02)
        ] as assortment_statuses,
        settings.follows_is_purchase_item and items.is_purchase_item is false as is_not_purchased,
        case
            when settings.is_assembled_from_bom then assembled.root_key is not null
            else coalesce(items.is_make_item, false)
        end as assembled,
        coalesce(cast(items.ends_at at time zone 'UTC' as date) < {{ today() }}, false) as is_ended
    from items
    inner join {{ ref('stg_exact_online__settings') }} as settings on settings.coupling_id = items.coupling_id
    left join stock on stock.coupling_id = items.coupling_id and stock.root_key = items.root_key
    left join {{ ref('int_prices__exact_online') }} as prices
        on prices.coupling_id = items.coupling_id and prices.root_key = items.root_key
    left join assembled on assembled.coupling_id = items.coupling_id and assembled.root_key = items.root_key
    left join {{ ref('int_item_units__exact_online') }} as units
        on units.coupling_id = items.coupling_id and units.item = items.record_key
    left join pulled on pulled.coupling_id = items.coupling_id
)

select
    webshop_id,
    coupling_id,
    record_key as remote_id,
    root_key,
    description as name,
    code as sku_code,
    case when has_article_code then search_code end as article_code,
    barcode as ean_code,
    price,
    is_not_purchased as unlimited_stock,
    case when not coalesce(is_stock_unreadable, false) then stock_level end as stock_level,
    -- An assembled item is not bought but made: it stays enabled, or its parts would get no advice (B8).
    case
        when is_ended or 'disabled' = any(assortment_statuses) then 'disabled'
        when 'enabled' = any(assortment_statuses) then 'enabled'
        when is_of_disabled_group or is_on_demand or (is_not_purchased and not assembled) then 'disabled'
        else 'enabled'
    end as status,
    cast(null as boolean) as not_being_bought,
    assembled,
    measurement_unit as stock_measurement_unit,
    cast(null as numeric) as minimum_stock,
    created_at,
    modified_at as updated_at,
    gone_at as deleted_at,
    {{ problems([
        ["lacks_price_list", "warning|price|no price list is chosen"],
        ["is_price_unreadable", "warning|price|not a number"],
        ["price is null and price_of_unit > 0", "warning|price|below a cent per unit, left out"],
        ["is_stock_unreadable and not is_not_purchased", "blocked|stock_level|not a number"],
        ["is_stock_unknown and not is_not_purchased", "waiting|stock_level|stock not pulled yet"],
    ]) }} as problems
from joined
