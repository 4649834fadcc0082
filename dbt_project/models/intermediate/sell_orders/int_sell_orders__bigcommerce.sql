with orders as (
    select * from {{ news('sell_orders', ref('stg_bigcommerce__sell_orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    orders.created_at as placed,
    case when orders.status = 'completed' then orders.modified_at end as completed,
    orders.status = 'completed' or settings.pull_all_orders as is_in_scope,
    orders.created_at,
    orders.modified_at as updated_at,
    coalesce(orders.gone_at, case when orders.status = 'cancelled' then coalesce(orders.modified_at, orders.landed_at) end)
        as deleted_at,
    cast('{}' as text[]) as problems
from orders
inner join {{ ref('stg_bigcommerce__settings') }} as settings on settings.coupling_id = orders.coupling_id
