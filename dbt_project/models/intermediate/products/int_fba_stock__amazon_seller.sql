-- What of each SKU lies at Amazon. Marketplaces may show the same pool (Pan-EU), so their figures are not simply added
-- up: the coupling says how pools and marketplaces go together.
with inventory as (
    select
        landed.*,
        settings.stock_pools as pools,
        case when settings.stock_formula = 'fulfillable' then landed.fulfillable_quantity else landed.total_quantity end as quantity
    from {{ news('products', ref('stg_amazon_seller__inventory')) }} as landed
    inner join {{ ref('stg_amazon_seller__settings') }} as settings on settings.coupling_id = landed.coupling_id
    where landed.gone_at is null
        and (settings.stock_warehouses = '{}' or landed.marketplace = any(settings.stock_warehouses))
),

-- The marketplaces of a SKU whose figures are the same are one pool where the coupling does not say otherwise.
numbered as (
    select
        inventory.*,
        row_number() over (
            partition by
                coupling_id, root_key, sku, total_quantity, fulfillable_quantity, reserved_quantity,
                case when pools <> 'auto' then marketplace end
            order by marketplace
        ) as place
    from inventory
)

select
    coupling_id,
    root_key,
    sku,
    case when pools = 'own' then marketplace end as marketplace,
    case when pools = 'one' then max(quantity) else sum(quantity) filter (where place = 1) end as quantity,
    bool_or(quantity is null) as is_unreadable,
    max(modified_at) as modified_at
from numbered
group by coupling_id, root_key, sku, pools, case when pools = 'own' then marketplace end
