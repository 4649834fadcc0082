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

union all

-- R15: the stored lines of a coupling that leaves lines out go, and come back with the switch.
select
    stored.webshop_id,
    stored.coupling_id,
    stored.remote_id,
    stored.sell_order_id,
    stored.product_id,
    stored.quantity,
    stored.subtotal_value,
    stored.updated_at,
    case when stored.deleted_at is null then date_trunc('second', now()) end as deleted_at
from {{ news('sell_orders', ref('int_sell_orders__unioned')) }} as mapped
inner join {{ source('platform', 'couplings') }} as couplings on couplings.id = mapped.coupling_id
inner join {{ ref('sell_orders') }} as orders
    on orders.coupling_id = mapped.coupling_id and orders.remote_id = mapped.remote_id
inner join {{ source('optiply', 'sell_order_lines') }} as stored on stored.sell_order_id = orders.id
where {{ takes_lines('sell_orders') }} = (stored.deleted_at is not null)
