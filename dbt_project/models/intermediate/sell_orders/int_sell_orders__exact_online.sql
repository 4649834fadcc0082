-- Status of a sales order: 12 open, 20 partial, 21 complete, 45 cancelled.
with orders as (
    select * from {{ news('sell_orders', ref('stg_exact_online__sales_orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    coalesce(orders.ordered_at, orders.created_at) as placed,
    case when orders.status = 21 then orders.modified_at end as completed,
    coalesce(settings.pull_all_orders or orders.status = 21, false) as is_in_scope,
    orders.created_at,
    orders.modified_at as updated_at,
    coalesce(orders.gone_at, case when orders.status = 45 then coalesce(orders.modified_at, orders.landed_at) end) as deleted_at,
    cast('{}' as text[]) as problems
from orders
inner join {{ ref('stg_exact_online__settings') }} as settings on settings.coupling_id = orders.coupling_id
