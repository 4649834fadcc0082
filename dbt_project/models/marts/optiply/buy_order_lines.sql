{{ config(pre_hook="{{ adopt_placed_lines() }}", meta={'object': 'buy_order_lines'}) }}

select
    lines.webshop_id,
    lines.coupling_id,
    lines.remote_id,
    orders.id as buy_order_id,
    lines.product_id,
    lines.quantity,
    lines.subtotal_value,
    lines.expected_delivery_date,
    lines.updated_at,
    -- A coupling that leaves lines out has none (R15); those that are stored go.
    case when lines.takes_lines then lines.deleted_at else coalesce(lines.deleted_at, date_trunc('second', now())) end
        as deleted_at
from {{ ref('int_buy_order_lines__resolved') }} as lines
inner join {{ ref('buy_orders') }} as orders
    on orders.coupling_id = lines.coupling_id and orders.remote_id = lines.order_remote_id
where not lines.is_held and not lines.is_order_held
