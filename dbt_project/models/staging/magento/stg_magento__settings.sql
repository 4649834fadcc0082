with source as (
    select * from {{ source('platform', 'couplings') }} where connector = 'magento'
)

select
    source.webshop_id,
    source.id as coupling_id,
    coalesce({{ flag("source.settings ->> 'stock.enabled'") }}, true) as has_stock,
    coalesce(source.settings ->> 'stock.source', 'stock_statuses') as stock_source,
    coalesce(source.settings ->> 'stock.formula', 'salable') = 'salable' as is_salable_wanted,
    -- Codes of sources whose stock counts; empty = all.
    array(
        select btrim(chosen.code)
        from jsonb_path_query(source.settings -> 'stock.warehouses', '$[*]') as item (value)
        cross join lateral (select item.value #>> '{}' as code) as chosen
        where btrim(chosen.code) <> ''
    ) as stock_warehouses,
    {{ filled("source.settings ->> 'ean.attribute'") }} as ean_attribute,
    -- Percent; 0 where the shop's catalogue prices are net.
    case
        when source.settings ->> 'vat_basis' = 'gross'
            then greatest(coalesce({{ number("source.settings ->> 'vat_rate'") }}, 21), 0)
        else 0
    end as price_vat_rate,
    coalesce({{ flag("source.settings ->> 'deletions.full_compare'") }}, false) as has_full_compare,
    -- With them Optiply counts the sales of a set for its parts (B8).
    exists (
        select 1
        from {{ source('platform', 'ownership') }} as ownership
        where ownership.coupling_id = source.id and ownership.object = 'product_compositions'
    ) as has_compositions,
    coalesce({{ flag("source.settings ->> 'sell_orders.pull_all_orders'") }}, false) as pull_all_orders,
    array(
        select btrim(chosen.code)
        from jsonb_path_query(source.settings -> 'sell_orders.stores', '$[*]') as item (value)
        cross join lateral (select item.value #>> '{}' as code) as chosen
        where btrim(chosen.code) <> ''
    ) as order_stores
from source
