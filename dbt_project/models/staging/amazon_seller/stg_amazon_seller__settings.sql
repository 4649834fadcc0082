with source as (
    select * from {{ source('platform', 'couplings') }} where connector = 'amazon_seller'
)

select
    source.webshop_id,
    source.id as coupling_id,
    coalesce(source.settings ->> 'products.source', 'report') as products_source,
    coalesce(source.settings ->> 'status.inactive', 'enabled') as inactive_status,
    coalesce(source.settings ->> 'stock.source', 'fba') as stock_source,
    coalesce(source.settings ->> 'stock.formula', 'total') as stock_formula,
    coalesce(source.settings ->> 'stock.pools', 'auto') as stock_pools,
    array(
        select jsonb_array_elements_text(coalesce(nullif(source.settings -> 'stock.warehouses', 'null'), '[]'))
    ) as stock_warehouses,
    coalesce(source.settings ->> 'vat_basis', 'gross') as vat_basis,
    greatest(coalesce({{ number("source.settings ->> 'vat_rate'") }}, 21), 0) as vat_rate,
    upper(coalesce(source.settings ->> 'currency', 'EUR')) as currency,
    coalesce(source.settings ->> 'sell_orders.api', '2026-01-01') as orders_api,
    coalesce({{ flag("source.settings ->> 'sell_orders.pull_all_orders'") }}, false) as pull_all_orders
from source
