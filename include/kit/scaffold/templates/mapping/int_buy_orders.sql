with orders as (
    select * from {{ news('buy_orders', ref('stg_<<connector>>__buy_orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    orders.supplier_id as supplier_remote_id,
    cast(null as text) as supplier_name,
    orders.created_at as placed,
    cast(null as timestamptz) as completed,
    true as completes_by_receipt,
    orders.expected_at as expected_delivery_date,
    false as assembly,
    orders.reference,
    orders.created_at,
    orders.modified_at as updated_at,
    orders.gone_at as deleted_at,
    cast('{}' as text[]) as problems
from orders
