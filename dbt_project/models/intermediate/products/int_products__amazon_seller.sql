-- One product per ASIN and marketplace (B17), of all its SKUs there: name, price and SKU are those of the first active
-- one, their stock is added up.
with listings as (
    select * from {{ ref('int_listings__amazon_seller') }}
),

main as (
    select distinct on (coupling_id, root_key, marketplace) *
    from listings
    order by coupling_id, root_key, marketplace, gone_at is not null, is_active desc, is_incomplete, sku
),

summed as (
    select
        listings.coupling_id,
        listings.root_key,
        listings.marketplace,
        sum(listings.quantity) as quantity,
        bool_or('stock_level' = any(listings.unreadable)) as is_quantity_unreadable,
        sum(stock.quantity) as fba_quantity,
        bool_or(stock.is_unreadable) as is_fba_unreadable,
        coalesce(bool_or(listings.is_active), false) as is_active,
        coalesce(bool_and(listings.is_incomplete), false) as is_incomplete,
        min(listings.created_at) as created_at,
        greatest(max(listings.modified_at), max(stock.modified_at)) as modified_at
    from listings
    left join {{ ref('int_fba_stock__amazon_seller') }} as stock
        on (stock.coupling_id, stock.root_key, stock.sku) = (listings.coupling_id, listings.root_key, listings.sku)
        and (stock.marketplace is null or stock.marketplace = listings.marketplace)
    where listings.gone_at is null
    group by listings.coupling_id, listings.root_key, listings.marketplace
),

eans as (
    select coupling_id, root_key, min(ean) as ean
    from (
        select * from {{ news('products', ref('stg_amazon_seller__catalog')) }} as reported
        union all
        select * from {{ news('products', ref('stg_amazon_seller__catalog_of_items')) }} as listed
    ) as catalog
    group by coupling_id, root_key
),

-- A SKU without inventory has none only when all of it has been pulled once; before that the stock is unknown.
pulled as (
    select coupling_id from {{ source('platform', 'cursors') }} where stream = 'inventory'
),

joined as (
    select
        main.*,
        summed.created_at as first_created_at,
        summed.modified_at as last_modified_at,
        eans.ean,
        settings.stock_source,
        settings.inactive_status,
        settings.vat_basis,
        settings.vat_rate,
        coalesce(main.currency <> settings.currency and main.price is not null, false) as is_foreign,
        coalesce(summed.is_active, false) as has_active,
        coalesce(summed.is_incomplete, false) as is_all_incomplete,
        coalesce(summed.is_quantity_unreadable, false) as is_quantity_unreadable,
        coalesce(summed.is_fba_unreadable, false) as is_fba_unreadable,
        summed.quantity as own_quantity,
        coalesce(summed.fba_quantity, case when pulled.coupling_id is not null and main.gone_at is null then 0 end) as fba_quantity
    from main
    inner join {{ ref('stg_amazon_seller__settings') }} as settings on settings.coupling_id = main.coupling_id
    left join summed
        on (summed.coupling_id, summed.root_key, summed.marketplace) = (main.coupling_id, main.root_key, main.marketplace)
    left join eans on eans.coupling_id = main.coupling_id and eans.root_key = main.root_key
    left join pulled on pulled.coupling_id = main.coupling_id
),

stocked as (
    select
        joined.*,
        -- Of a listing that is not Amazon's to fulfil the listing tells how many there are.
        case
            when stock_source = 'fba' and fba_quantity is null then null
            when stock_source = 'fba' and fba_quantity <> 0 then fba_quantity
            when stock_source = 'fba' then coalesce(own_quantity, fba_quantity)
            else own_quantity
        end as stock_level,
        stock_source = 'fba' and is_fba_unreadable or is_quantity_unreadable as is_stock_unreadable
    from joined
)

select
    webshop_id,
    coupling_id,
    concat_ws('_', root_key, marketplace) as remote_id,
    root_key,
    name,
    sku as sku_code,
    asin as article_code,
    ean as ean_code,
    case when not is_foreign then round(price / case when vat_basis = 'gross' then 1 + vat_rate / 100 else 1 end, 2) end as price,
    false as unlimited_stock,
    case when not is_stock_unreadable then stock_level end as stock_level,
    -- Amazon calls a listing inactive that is merely sold out: it has to be bought all the more.
    case
        when is_all_incomplete or (not has_active and inactive_status = 'disabled') then 'disabled'
        else 'enabled'
    end as status,
    cast(null as boolean) as not_being_bought,
    false as assembled,
    cast(null as text) as stock_measurement_unit,
    cast(null as numeric) as minimum_stock,
    first_created_at as created_at,
    last_modified_at as updated_at,
    gone_at as deleted_at,
    {{ problems([
        ["'price' = any(unreadable)", "warning|price|not a number"],
        ["is_foreign", "warning|price|in another currency"],
        ["is_stock_unreadable", "blocked|stock_level|not a number"],
        ["stock_source = 'fba' and fba_quantity is null and gone_at is null", "waiting|stock_level|stock not pulled yet"],
        ["stock_source <> 'fba' and own_quantity is null and not is_stock_unreadable and gone_at is null", "blocked|stock_level|stock is unknown"],
    ]) }} as problems
from stocked
