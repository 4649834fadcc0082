{{ config(meta={
    'object': 'sell_order_lines',
    'never_update': ['sell_order_id', 'product_id', 'quantity', 'subtotal_value'],
}) }}

select
    lines.webshop_id,
    lines.coupling_id,
    lines.remote_id,
    orders.id as sell_order_id,
    lines.product_id,
    lines.quantity,
    lines.subtotal_value,
    lines.updated_at,
    cast(null as timestamptz) as deleted_at
from {{ ref('int_sell_order_lines__consolidated') }} as lines
inner join {{ ref('sell_orders') }} as orders
    on orders.coupling_id = lines.coupling_id and orders.remote_id = lines.order_remote_id
