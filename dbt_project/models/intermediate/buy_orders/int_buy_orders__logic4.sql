-- Logic4 says that an order is closed and not since when: the time at which that was seen.
with orders as (
    select * from {{ news('buy_orders', ref('stg_logic4__buy_orders')) }} as landed
)

select
    webshop_id,
    coupling_id,
    record_key as remote_id,
    root_key,
    creditor_id as supplier_remote_id,
    cast(null as text) as supplier_name,
    created_at as placed,
    case when is_closed then date_trunc('second', landed_at) end as completed,
    false as completes_by_receipt,
    cast(null as timestamptz) as expected_delivery_date,
    false as assembly,
    remarks as reference,
    created_at,
    changed_at as updated_at,
    gone_at as deleted_at,
    cast('{}' as text[]) as problems
from orders
