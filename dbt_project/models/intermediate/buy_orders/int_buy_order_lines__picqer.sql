-- Amounts are pieces. A line that was taken off an order is no longer in its products, so it yields no row.
with orders as (
    select * from {{ news('buy_orders', ref('stg_picqer__purchase_orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    coalesce({{ filled('doc.idpurchaseorder_product') }}, orders.record_key || '_' || coalesce(product.id, '')) as remote_id,
    orders.root_key,
    orders.record_key as order_remote_id,
    item.position,
    product.id as product_remote_id,
    {{ number('doc.amount') }} as quantity,
    -- More can arrive than was ordered.
    greatest({{ number('doc.amount') }} - {{ number('doc.amountreceived') }}, 0) as quantity_open,
    {{ number('doc.price') }} * {{ number('doc.amount') }} as subtotal_value,
    {{ picqer_time('doc.delivery_date') }} at time zone settings.time_zone as expected_delivery_date,
    orders.updated at time zone settings.time_zone as updated_at,
    orders.gone_at as deleted_at,
    cast('{}' as text[]) as problems
from orders
inner join {{ ref('stg_picqer__settings') }} as settings on settings.coupling_id = orders.coupling_id
cross join lateral jsonb_path_query(orders.products, '$[*] ? (@.type() == "object")') with ordinality as item (line, position)
cross join lateral jsonb_to_record(item.line) as doc (
    idpurchaseorder_product text,
    idproduct text,
    price text,
    amount text,
    amountreceived text,
    delivery_date text
)
cross join lateral (select nullif({{ filled('doc.idproduct') }}, '0') as id) as product
where settings.main_warehouse is null or orders.idwarehouse = settings.main_warehouse
