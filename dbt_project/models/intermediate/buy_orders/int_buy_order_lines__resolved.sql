-- The lines of the batch's orders with their product, what is stored of them, and what keeps them back. Lines go with
-- their order when it is removed (B3), and stay as they are while it is held: its total is the sum of what is stored.
with lines as (
    select rooted.*
    from {{ news('buy_orders', ref('int_buy_order_lines__unioned')) }} as rooted
    left join {{ ref('int_buy_orders__withheld') }} as withheld
        on withheld.coupling_id = rooted.coupling_id and withheld.remote_id = rooted.order_remote_id
    where withheld.remote_id is null
),

orders as (
    select * from {{ news('buy_orders', ref('int_buy_orders__unioned')) }} as rooted
),

joined as (
    select
        lines.*,
        coalesce(lines.deleted_at, orders.deleted_at) as removed_at,
        {{ takes_lines('buy_orders') }} or known.is_placed as takes_lines,
        products.id as product_id,
        case when stored.deleted_at is null then stored.subtotal_value end as stored_value,
        orders.deleted_at is null and (suppliers.id is null or {{ is_held('orders.problems') }}) as is_order_held,
        case
            when coalesce(lines.deleted_at, orders.deleted_at) is not null then '{}'
            else lines.problems || {{ problems([
                ["orders.remote_id is null", "waiting|buy_order_id|waiting for parent"],
                ["products.id is null and lines.product_remote_id is not null and (known.is_placed or " ~ takes_lines('buy_orders') ~ ")", "waiting|product_id|waiting for parent"],
            ]) }}
        end as all_problems
    from lines
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = lines.webshop_id
        and ownership.coupling_id = lines.coupling_id
        and ownership.object = 'buy_orders'
    inner join {{ source('platform', 'couplings') }} as couplings on couplings.id = lines.coupling_id
    left join orders on orders.coupling_id = lines.coupling_id and orders.remote_id = lines.order_remote_id
    {{ join_known('suppliers', 'suppliers', 'orders.coupling_id', 'orders.supplier_remote_id') }}
    {{ join_known('products', 'products', 'lines.coupling_id', 'lines.product_remote_id') }}
    -- Of an order that Optiply placed the lines are always brought: what is to be sent is told by them.
    cross join lateral (
        select not {{ takes_lines('buy_orders') }} and exists (
            select 1
            from {{ source('optiply', 'buy_orders') }} as placed
            inner join {{ source('platform', 'push_orders') }} as pushed on pushed.buy_order_id = placed.id
            where placed.coupling_id = lines.coupling_id and placed.remote_id = lines.order_remote_id
        ) as is_placed
    ) as known
    left join {{ source('optiply', 'buy_order_lines') }} as stored
        on stored.coupling_id = lines.coupling_id and stored.remote_id = lines.remote_id
)

select
    webshop_id,
    coupling_id,
    remote_id,
    root_key,
    order_remote_id,
    product_id,
    quantity,
    quantity_open,
    subtotal_value,
    expected_delivery_date,
    updated_at,
    removed_at as deleted_at,
    is_order_held,
    takes_lines,
    {{ is_held('all_problems') }} as is_held,
    -- What the line counts for in the order's total once this batch is written.
    case when removed_at is null then case when {{ is_held('all_problems') }} then stored_value else subtotal_value end end
        as value,
    all_problems as problems
from joined
