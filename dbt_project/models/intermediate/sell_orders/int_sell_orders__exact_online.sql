-- Sales orders, sales invoices, or both, as the coupling says. Status of a sales order: 12 open, 20 partial, 21 complete,
-- 45 cancelled; of an invoice: 10 draft, 20 open, 50 processed.
with orders as (
    select * from {{ news('sell_orders', ref('stg_exact_online__sales_orders')) }} as landed
),

-- One row per line, in which the invoice's fields are repeated.
invoices as (
    select
        webshop_id,
        coupling_id,
        root_key,
        max(status) filter (where gone_at is null) as status,
        max(ordered_by) as ordered_by,
        coalesce(max(invoiced_at), max(created_at)) as placed,
        max(created_at) as created_at,
        max(modified_at) as modified_at,
        case when bool_and(gone_at is not null) then max(gone_at) end as gone_at
    from {{ news('sell_orders', ref('stg_exact_online__sales_invoices')) }} as landed
    group by webshop_id, coupling_id, root_key
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key as remote_id,
    orders.root_key,
    coalesce(orders.ordered_at, orders.created_at) as placed,
    case when orders.status = 21 then orders.modified_at end as completed,
    coalesce(settings.pull_all_orders or orders.status = 21, false)
    and not coalesce(orders.ordered_by = any(settings.excluded_customers), false) as is_in_scope,
    orders.created_at,
    orders.modified_at as updated_at,
    coalesce(orders.gone_at, case when orders.status = 45 then coalesce(orders.modified_at, orders.landed_at) end) as deleted_at,
    cast('{}' as text[]) as problems
from orders
inner join {{ ref('stg_exact_online__settings') }} as settings
    on settings.coupling_id = orders.coupling_id and settings.takes_orders

union all

select
    invoices.webshop_id,
    invoices.coupling_id,
    invoices.root_key as remote_id,
    invoices.root_key,
    invoices.placed,
    case when invoices.status = 50 then invoices.modified_at end as completed,
    coalesce(invoices.status = 50 or settings.pull_all_orders and invoices.status <> 10, false)
    and not coalesce(invoices.ordered_by = any(settings.excluded_customers), false) as is_in_scope,
    invoices.created_at,
    invoices.modified_at as updated_at,
    invoices.gone_at as deleted_at,
    cast('{}' as text[]) as problems
from invoices
inner join {{ ref('stg_exact_online__settings') }} as settings
    on settings.coupling_id = invoices.coupling_id and settings.takes_invoices
