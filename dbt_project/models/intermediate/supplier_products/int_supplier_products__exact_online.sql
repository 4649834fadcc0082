with supplier_items as (
    select * from {{ news('supplier_products', ref('stg_exact_online__supplier_items')) }} as landed
),

-- Of a supplier's purchase prices of one piece the one that is valid today and started last.
prices as (
    select distinct on (listed.coupling_id, listed.root_key, listed.account)
        listed.coupling_id,
        listed.root_key as item,
        listed.account as supplier,
        listed.price / case when listed.items_per_unit > 0 then listed.items_per_unit else 1 end as price,
        'price' = any(listed.unreadable) as is_unreadable
    from {{ ref('stg_exact_online__purchase_item_prices') }} as listed
    inner join supplier_items
        on supplier_items.coupling_id = listed.coupling_id
        and supplier_items.item = listed.root_key
        and supplier_items.supplier = listed.account
    where listed.gone_at is null
        and coalesce(listed.quantity, 1) <= 1
        and coalesce(cast(listed.starts_at at time zone 'UTC' as date) <= {{ today() }}, true)
        and coalesce(cast(listed.ends_at at time zone 'UTC' as date) >= {{ today() }}, true)
    order by
        listed.coupling_id,
        listed.root_key,
        listed.account,
        listed.starts_at desc nulls last,
        listed.modified_at desc nulls last,
        listed.record_key
),

joined as (
    select
        supplier_items.*,
        settings.has_moq,
        settings.has_delivery_time,
        settings.has_preferred,
        settings.lot_size_source,
        units.factor,
        -- Exact's purchase price is per purchase unit, ours per piece (B10); an absent factor is one.
        case settings.price_source
            when 'default' then supplier_items.purchase_price
                / case when supplier_items.purchase_unit_factor > 0 then supplier_items.purchase_unit_factor else 1 end
            when 'product_cost' then items.cost_price_standard
            when 'purchase_prices' then prices.price
        end as price_of_unit,
        case
            when settings.price_source = 'purchase_prices' then coalesce(prices.is_unreadable, false)
            else 'price' = any(supplier_items.unreadable)
        end as is_price_unreadable
    from supplier_items
    inner join {{ ref('stg_exact_online__settings') }} as settings on settings.coupling_id = supplier_items.coupling_id
    left join {{ ref('stg_exact_online__items') }} as items
        on items.coupling_id = supplier_items.coupling_id and items.record_key = supplier_items.item
    left join prices
        on prices.coupling_id = supplier_items.coupling_id
        and prices.item = supplier_items.item
        and prices.supplier = supplier_items.supplier
        and settings.price_source = 'purchase_prices'
    left join {{ ref('int_item_units__exact_online') }} as units
        on units.coupling_id = supplier_items.coupling_id and units.item = supplier_items.item
),

priced as (
    select joined.*, round({{ exact_price('joined.price_of_unit', 'joined.factor') }}, 2) as price
    from joined
)

select
    webshop_id,
    coupling_id,
    record_key as remote_id,
    root_key,
    item as product_remote_id,
    supplier as supplier_remote_id,
    item_description as name,
    supplier_item_code as sku_code,
    cast(null as text) as ean_code,
    cast(null as text) as article_code,
    price,
    case when has_moq then minimum_quantity * coalesce(factor, 1) end as minimum_purchase_quantity,
    case lot_size_source
        when 'purchase_unit_factor' then purchase_unit_factor
        when 'purchase_lot_size' then purchase_lot_size
    end * coalesce(factor, 1) as lot_size,
    case when has_delivery_time then purchase_lead_time end as delivery_time,
    cast(null as numeric) as weight,
    has_preferred as maps_preferred,
    coalesce(is_main_supplier, false) as is_main,
    case when cast(ends_at at time zone 'UTC' as date) < {{ today() }} then 'disabled' else 'enabled' end as status,
    created_at,
    modified_at as updated_at,
    gone_at as deleted_at,
    {{ problems([
        ["is_price_unreadable", "warning|price|not a number"],
        ["price is null and price_of_unit > 0", "warning|price|below a cent per unit, left out"],
        ["'lot_size' = any(unreadable)", "warning|lot_size|not a number"],
        ["'minimum_purchase_quantity' = any(unreadable)", "warning|minimum_purchase_quantity|not a number"],
    ]) }} as problems
from priced
