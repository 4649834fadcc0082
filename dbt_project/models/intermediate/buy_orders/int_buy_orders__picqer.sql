-- Status of a purchase order: concept, purchased, received, cancelled.
with orders as (
    select * from {{ news('buy_orders', ref('stg_picqer__purchase_orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    case when settings.is_fulfilment then orders.supplier_key else orders.idsupplier end as supplier_remote_id,
    case when settings.is_fulfilment then orders.supplier_name end as supplier_name,
    coalesce(orders.purchased_at, orders.created) at time zone settings.time_zone as placed,
    case when orders.status = 'received' then coalesce(orders.completed_at, orders.updated) at time zone settings.time_zone end
        as completed,
    true as completes_by_receipt,
    orders.delivery_date at time zone settings.time_zone as expected_delivery_date,
    false as assembly,
    orders.reference,
    orders.created at time zone settings.time_zone as created_at,
    orders.updated at time zone settings.time_zone as updated_at,
    coalesce(
        orders.gone_at,
        case when orders.status = 'cancelled' then coalesce(orders.updated at time zone settings.time_zone, orders.landed_at) end
    ) as deleted_at,
    cast('{}' as text[]) as problems
from orders
inner join {{ ref('stg_picqer__settings') }} as settings on settings.coupling_id = orders.coupling_id
where settings.main_warehouse is null or orders.idwarehouse = settings.main_warehouse
