-- A row without OrderedOnDateByDistributor is a draft: not ordered at the supplier yet.
with rows_of_orders as (
    select * from {{ news('buy_orders', ref('stg_logic4__buy_order_rows')) }} as landed
)

select
    ordered.webshop_id,
    ordered.coupling_id,
    ordered.record_key as remote_id,
    ordered.root_key,
    ordered.root_key as order_remote_id,
    {{ place(number('ordered.record_key')) }} as position,
    ordered.product_id as product_remote_id,
    ordered.quantity,
    ordered.quantity_open,
    ordered.quantity * ordered.price as subtotal_value,
    ordered.expected_at as expected_delivery_date,
    cast(null as timestamptz) as updated_at,
    ordered.gone_at as deleted_at,
    cast('{}' as text[]) as problems
from rows_of_orders as ordered
inner join {{ ref('stg_logic4__settings') }} as settings on settings.coupling_id = ordered.coupling_id
where settings.has_drafts or ordered.ordered_at is not null
