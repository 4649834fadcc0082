-- An order that was archived still answers to its own call, with is_deleted.
-- 2 = shipped, 10 = completed; 4 = refunded, 5 = cancelled, 6 = declined. 14, partially refunded, stays a sale that is
-- not known to be complete.
with orders as (
    select * from {{ news('sell_orders', ref('stg_bigcommerce__orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    orders.created_at as placed,
    case when orders.status_id in (2, 10) then coalesce(orders.shipped_at, orders.modified_at) end as completed,
    -- What an unknown status means somebody has to say.
    coalesce(orders.status_id in (2, 10) or orders.status_id not between 0 and 14, true) or settings.pull_all_orders
        as is_in_scope,
    orders.created_at,
    orders.modified_at as updated_at,
    coalesce(
        orders.gone_at,
        case when orders.is_deleted then orders.landed_at end,
        case when orders.status_id in (4, 5, 6) then coalesce(orders.modified_at, orders.landed_at) end
    ) as deleted_at,
    {{ problems([
        ["orders.gone_at is null and coalesce(orders.status_id not between 0 and 14, true)", "blocked|status|unknown"],
    ]) }} as problems
from orders
inner join {{ ref('stg_bigcommerce__settings') }} as settings on settings.coupling_id = orders.coupling_id
