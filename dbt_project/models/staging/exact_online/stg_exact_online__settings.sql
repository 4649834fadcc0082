with source as (
    select * from {{ source('platform', 'couplings') }} where connector = 'exact_online'
)

select
    source.webshop_id,
    source.id as coupling_id,
    -- Warehouse codes whose stock counts; empty = all.
    {{ chosen('stock.warehouses') }} as stock_warehouses,
    {{ chosen('status.disabled_groups') }} as disabled_groups,
    {{ chosen('sell_orders.excluded_customers') }} as excluded_customers,
    {{ chosen('sell_orders.excluded_cost_centers') }} as excluded_cost_centers,
    coalesce({{ flag("source.settings ->> 'units.enabled'") }}, false) as has_units,
    coalesce(source.settings -> 'units.factors', '{}') as unit_factors,
    coalesce(source.settings -> 'units.names', '{}') as unit_names,
    coalesce({{ flag("source.settings ->> 'status.is_on_demand_item'") }}, false) as follows_is_on_demand_item,
    coalesce(source.settings -> 'status.assortments', '{}') as assortments,
    coalesce(source.settings ->> 'price.source' = 'price_list', false) as is_of_price_list,
    nullif(btrim(source.settings ->> 'price.price_list'), '') as price_list,
    coalesce({{ flag("source.settings ->> 'article_code.enabled'") }}, true) as has_article_code,
    coalesce({{ flag("source.settings ->> 'status.is_purchase_item'") }}, true) as follows_is_purchase_item,
    coalesce({{ flag("source.settings ->> 'assembled.from_bom'") }}, false) as is_assembled_from_bom,
    coalesce({{ flag("source.settings ->> 'suppliers.emails'") }}, false) as has_supplier_emails,
    coalesce({{ flag("source.settings ->> 'suppliers.delivery_time'") }}, false) as has_supplier_delivery_time,
    coalesce({{ flag("source.settings ->> 'supplier_products.moq'") }}, true) as has_moq,
    coalesce(source.settings ->> 'supplier_products.lot_size', 'purchase_unit_factor') as lot_size_source,
    coalesce({{ flag("source.settings ->> 'supplier_products.delivery_time'") }}, false) as has_delivery_time,
    coalesce({{ flag("source.settings ->> 'supplier_products.preferred'") }}, true) as has_preferred,
    coalesce(source.settings ->> 'supplier_products.price', 'default') as price_source,
    coalesce(source.settings ->> 'compositions.source' = 'versions', false) as is_of_versions,
    coalesce({{ flag("source.settings ->> 'compositions.per_piece'") }}, false) as is_per_piece,
    coalesce(source.settings ->> 'sell_orders.source' in ('orders', 'both'), false) as takes_orders,
    coalesce(source.settings ->> 'sell_orders.source' <> 'orders', true) as takes_invoices,
    coalesce({{ flag("source.settings ->> 'sell_orders.pull_all_orders'") }}, true) as pull_all_orders,
    coalesce({{ flag("source.settings ->> 'sell_orders.drop_shipments'") }}, true) as has_drop_shipments,
    -- The statuses of an order or of its receipt that complete it: 30 complete, 40 cancelled.
    case
        when source.settings ? 'buy_orders.completed_statuses' then {{ chosen('buy_orders.completed_statuses') }}
        else array['30', '40']
    end as completed_statuses,
    coalesce({{ flag("source.settings ->> 'buy_orders.foreign_currency'") }}, false) as is_foreign_currency,
    coalesce({{ flag("source.settings ->> 'buy_orders.assembly_orders'") }}, false) as takes_assembly_orders,
    coalesce({{ flag("source.settings ->> 'buy_orders.production_orders'") }}, false) as takes_shop_orders,
    nullif(btrim(source.settings ->> 'buy_orders.assembly_supplier'), '') as assembly_supplier
from source
