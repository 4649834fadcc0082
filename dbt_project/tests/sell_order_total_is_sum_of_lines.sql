-- B1: the total is the sum of the net lines, whatever the remote calls its total.
select orders.id, orders.total_value
from {{ ref('sell_orders') }} as orders
left join {{ ref('sell_order_lines') }} as lines on lines.sell_order_id = orders.id and lines.deleted_at is null
group by orders.id, orders.total_value
having orders.total_value <> coalesce(sum(lines.subtotal_value), 0)
