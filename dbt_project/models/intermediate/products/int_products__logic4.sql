-- One product of three endpoints: the product, its stock per warehouse, and the list of what the webshop does not show.
-- A product does not say whether it is visible. It is hidden while it stands in that list as it stands here; once it is
-- shown again only the product's own record moves on, until the next pull of everything takes it off the list.
with products as (
    select * from {{ news('products', ref('stg_logic4__products')) }} as landed
),

hidden as (
    select * from {{ news('products', ref('stg_logic4__hidden_products')) }} as landed
),

stock as (
    select
        rows_of_stock.coupling_id,
        rows_of_stock.root_key,
        sum(rows_of_stock.free_stock) as level,
        bool_or(rows_of_stock.free_stock is null) as is_unreadable
    from {{ news('products', ref('stg_logic4__stock')) }} as rows_of_stock
    inner join {{ ref('stg_logic4__settings') }} as settings on settings.coupling_id = rows_of_stock.coupling_id
    where rows_of_stock.gone_at is null
        and (settings.stock_warehouses = '{}' or rows_of_stock.warehouse_id = any(settings.stock_warehouses))
    group by rows_of_stock.coupling_id, rows_of_stock.root_key
),

-- No row is a stock of 0 only when all stock has been pulled once; before that it is unknown.
pulled as (
    select coupling_id from {{ source('platform', 'cursors') }} where stream = 'stock'
),

joined as (
    select
        products.*,
        settings.disabled_statuses,
        settings.has_not_being_bought,
        settings.has_minimum_stock,
        settings.not_being_bought_statuses,
        settings.follows_visibility and hidden.record_key is not null as is_hidden,
        settings.is_price_incl_vat,
        coalesce(stock.is_unreadable, false) as is_stock_unreadable,
        stock.root_key is null and pulled.coupling_id is null as is_stock_unknown,
        coalesce(stock.level, case when pulled.coupling_id is not null then 0 end) as stock_level
    from products
    inner join {{ ref('stg_logic4__settings') }} as settings on settings.coupling_id = products.coupling_id
    left join hidden
        on hidden.coupling_id = products.coupling_id
        and hidden.record_key = products.record_key
        and hidden.gone_at is null
        and coalesce(hidden.changed_at >= products.changed_at, true)
    left join stock on stock.coupling_id = products.coupling_id and stock.root_key = products.root_key
    left join pulled on pulled.coupling_id = products.coupling_id
)

select
    webshop_id,
    coupling_id,
    record_key as remote_id,
    root_key,
    nullif(concat_ws(' ', name_1, name_2), '') as name,
    product_code as sku_code,
    record_key as article_code,
    barcode as ean_code,
    case when is_price_incl_vat then sell_price / nullif(1 + vat_percent / 100, 0) else sell_price end as price,
    false as unlimited_stock,
    case when not is_stock_unreadable then stock_level end as stock_level,
    case
        when is_hidden or coalesce(status_id = any(disabled_statuses), false) then 'disabled'
        else 'enabled'
    end as status,
    case
        when has_not_being_bought then coalesce(status_id = any(not_being_bought_statuses), false)
    end as not_being_bought,
    coalesce(is_composed, false) or coalesce(is_assembly, false) as assembled,
    cast(null as text) as stock_measurement_unit,
    case when has_minimum_stock then minimal_stock end as minimum_stock,
    added_at as created_at,
    changed_at as updated_at,
    gone_at as deleted_at,
    {{ problems([
        ["'price' = any(unreadable)", "warning|price|not a number"],
        ["is_stock_unreadable", "blocked|stock_level|not a number"],
        ["is_stock_unknown", "waiting|stock_level|stock not pulled yet"],
    ]) }} as problems
from joined
