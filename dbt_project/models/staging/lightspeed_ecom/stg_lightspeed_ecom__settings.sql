with source as (
    select * from {{ source('platform', 'couplings') }} where connector = 'lightspeed_ecom'
)

select
    source.webshop_id,
    source.id as coupling_id,
    coalesce({{ flag("source.settings ->> 'status.sync_hidden'") }}, false) as has_hidden_enabled,
    coalesce({{ flag("source.settings ->> 'supplier_products.lot_size'") }}, false) as has_lot_size,
    coalesce({{ flag("source.settings ->> 'minimum_stock.enabled'") }}, false) as has_minimum_stock,
    coalesce({{ flag("source.settings ->> 'supplier_products.preferred'") }}, true) as has_preferred,
    array(
        select lower(btrim(chosen.status))
        from jsonb_path_query(
            coalesce(source.settings -> 'sell_orders.delete_statuses', '["cancelled"]'), '$[*]'
        ) as item (value)
        cross join lateral (select item.value #>> '{}' as status) as chosen
        where btrim(chosen.status) <> ''
    ) as delete_statuses
from source
