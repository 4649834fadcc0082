with source as (
    select * from {{ source('platform', 'couplings') }} where connector = 'picqer'
)

select
    source.webshop_id,
    source.id as coupling_id,
    coalesce(source.settings ->> 'account.kind', 'normal') = 'fulfilment' as is_fulfilment,
    case when source.settings ->> 'time_zone' = 'UTC' then 'UTC' else 'Europe/Amsterdam' end as time_zone,
    -- Ids of the warehouses whose stock counts; empty = all.
    array(
        select btrim(chosen.id)
        from jsonb_path_query(source.settings -> 'stock.warehouses', '$[*]') as item (value)
        cross join lateral (select item.value #>> '{}' as id) as chosen
        where btrim(chosen.id) <> ''
    ) as stock_warehouses,
    nullif(btrim(source.settings ->> 'stock.main_warehouse'), '') as main_warehouse,
    coalesce({{ flag("source.settings ->> 'suppliers.emails'") }}, false) as has_supplier_emails,
    coalesce({{ flag("source.settings ->> 'supplier_products.moq'") }}, true) as has_moq,
    coalesce({{ flag("source.settings ->> 'supplier_products.lot_size'") }}, true) as has_lot_size,
    coalesce({{ flag("source.settings ->> 'supplier_products.delivery_time'") }}, true) as has_delivery_time,
    coalesce({{ flag("source.settings ->> 'supplier_products.preferred'") }}, true) as has_preferred,
    coalesce({{ flag("source.settings ->> 'sell_orders.pull_all_orders'") }}, false) as pull_all_orders
from source
