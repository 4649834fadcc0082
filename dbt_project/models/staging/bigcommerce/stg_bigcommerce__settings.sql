with source as (
    select * from {{ source('platform', 'couplings') }} where connector = 'bigcommerce'
)

select
    source.webshop_id,
    source.id as coupling_id,
    coalesce({{ flag("source.settings ->> 'sell_orders.pull_all_orders'") }}, false) as pull_all_orders
from source
