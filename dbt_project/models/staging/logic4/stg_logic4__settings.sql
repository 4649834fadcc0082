with source as (
    select * from {{ source('platform', 'couplings') }} where connector = 'logic4'
),

-- Ids are told as numbers or texts in the coupling's file, and compared as texts.
listed as (
    select
        source.*,
        array(
            select btrim(item.value #>> '{}')
            from jsonb_path_query(source.settings -> 'stock.warehouses', '$[*]') as item (value)
        ) as stock_warehouses,
        array(
            select btrim(item.value #>> '{}')
            from jsonb_path_query(source.settings -> 'status.disabled_statuses', '$[*]') as item (value)
        ) as disabled_statuses,
        array(
            select btrim(item.value #>> '{}')
            from jsonb_path_query(source.settings -> 'not_being_bought.statuses', '$[*]') as item (value)
        ) as not_being_bought_statuses,
        array(
            select btrim(item.value #>> '{}')
            from jsonb_path_query(source.settings -> 'sell_orders.create_statuses', '$[*]') as item (value)
        ) as create_statuses,
        array(
            select btrim(item.value #>> '{}')
            from jsonb_path_query(source.settings -> 'sell_orders.delete_statuses', '$[*]') as item (value)
        ) as delete_statuses
    from source
)

select
    webshop_id,
    id as coupling_id,
    stock_warehouses,
    disabled_statuses,
    not_being_bought_statuses,
    create_statuses,
    delete_statuses,
    coalesce(settings ->> 'vat_basis', 'net') = 'gross' as is_price_incl_vat,
    coalesce({{ flag("settings ->> 'status.visible_on_webshop'") }}, true) as follows_visibility,
    coalesce({{ flag("settings ->> 'not_being_bought.enabled'") }}, false) as has_not_being_bought,
    coalesce({{ flag("settings ->> 'minimum_stock.enabled'") }}, false) as has_minimum_stock,
    settings ->> 'supplier_products.price' as price_source,
    coalesce({{ flag("settings ->> 'supplier_products.lot_size'") }}, true) as has_lot_size,
    coalesce({{ flag("settings ->> 'supplier_products.moq'") }}, true) as has_moq,
    coalesce({{ flag("settings ->> 'supplier_products.preferred'") }}, true) as has_preferred,
    coalesce(settings ->> 'sell_orders.source', 'orders') = 'orders_and_invoices' as has_invoices,
    coalesce({{ flag("settings ->> 'buy_orders.drafts'") }}, false) as has_drafts,
    coalesce(settings ->> 'receipt_lines.source', 'buy_order_rows') = 'deliveries' as has_deliveries
from listed
