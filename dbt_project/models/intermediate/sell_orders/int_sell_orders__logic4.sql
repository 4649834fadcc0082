-- Orders, and by setting the invoices that belong to no order. An invoice may have the number of an order: its id says
-- what it is.
with orders as (
    select * from {{ news('sell_orders', ref('stg_logic4__orders')) }} as landed
),

invoices as (
    select * from {{ news('sell_orders', ref('stg_logic4__invoices')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    orders.created_at as placed,
    cast(null as timestamptz) as completed,
    settings.create_statuses = '{}' or coalesce(orders.status_id = any(settings.create_statuses), false) as is_in_scope,
    orders.created_at,
    cast(null as timestamptz) as updated_at,
    coalesce(
        orders.gone_at,
        case when orders.status_id = any(settings.delete_statuses) then orders.landed_at end
    ) as deleted_at,
    cast('{}' as text[]) as problems
from orders
inner join {{ ref('stg_logic4__settings') }} as settings on settings.coupling_id = orders.coupling_id

union all

select
    invoices.webshop_id,
    invoices.coupling_id,
    'invoice_' || invoices.record_key as remote_id,
    invoices.root_key,
    coalesce(invoices.delivered_at, invoices.created_at) as placed,
    cast(null as timestamptz) as completed,
    true as is_in_scope,
    invoices.created_at,
    cast(null as timestamptz) as updated_at,
    invoices.gone_at as deleted_at,
    cast('{}' as text[]) as problems
from invoices
inner join {{ ref('stg_logic4__settings') }} as settings on settings.coupling_id = invoices.coupling_id
where settings.has_invoices and invoices.order_id is null
