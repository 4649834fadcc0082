with source as (
    select * from {{ source('platform', 'couplings') }} where connector = 'bol_com'
)

select
    source.webshop_id,
    source.id as coupling_id,
    coalesce(source.settings ->> 'vat_basis', 'gross') as vat_basis,
    greatest(coalesce({{ number("source.settings ->> 'vat_rate'") }}, 21), 0) as vat_rate,
    coalesce({{ flag("source.settings ->> 'sell_orders.sync_shipments'") }}, false) as has_shipments,
    upper(coalesce(source.settings ->> 'sell_orders.method', 'all')) as method
from source
