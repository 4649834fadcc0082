-- A.6: the total is the sum of the order's lines; an order that is removed keeps what it was.
select orders.id, orders.total_value
from {{ ref('buy_orders') }} as orders
left join {{ ref('buy_order_lines') }} as lines on lines.buy_order_id = orders.id and lines.deleted_at is null
where orders.deleted_at is null
group by orders.id, orders.total_value
having orders.total_value <> coalesce(sum(lines.subtotal_value), 0)
