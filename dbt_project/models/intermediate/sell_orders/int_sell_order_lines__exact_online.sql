-- AmountDC of a line is its net value in the company's currency, without VAT.
with lines as (
    select * from {{ news('sell_orders', ref('stg_exact_online__sales_order_lines')) }} as landed
),

invoiced as (
    select * from {{ news('sell_orders', ref('stg_exact_online__sales_invoices')) }} as landed
)

select
    lines.webshop_id,
    lines.coupling_id,
    lines.record_key as remote_id,
    lines.root_key,
    lines.root_key as order_remote_id,
    {{ place('lines.line_number') }} as position,
    lines.item as product_remote_id,
    cast(null as text) as product_ean,
    cast(null as text) as product_sku,
    lines.quantity * coalesce(units.factor, 1) as quantity,
    lines.amount_dc as subtotal_value,
    cast(null as timestamptz) as updated_at,
    lines.gone_at as deleted_at
from lines
inner join {{ ref('stg_exact_online__settings') }} as settings
    on settings.coupling_id = lines.coupling_id and settings.takes_orders
left join {{ ref('int_item_units__exact_online') }} as units
    on units.coupling_id = lines.coupling_id and units.item = lines.item
where (settings.has_drop_shipments or not lines.is_drop_shipment)
    and not coalesce(lines.cost_center = any(settings.excluded_cost_centers), false)

union all

-- An invoice line without an item is a text or a cost. One of a sales order is counted there, where both are taken.
select
    invoiced.webshop_id,
    invoiced.coupling_id,
    invoiced.record_key as remote_id,
    invoiced.root_key,
    invoiced.root_key as order_remote_id,
    {{ place('invoiced.line_number') }} as position,
    invoiced.item as product_remote_id,
    cast(null as text) as product_ean,
    cast(null as text) as product_sku,
    invoiced.quantity * coalesce(units.factor, 1) as quantity,
    invoiced.amount_dc as subtotal_value,
    invoiced.modified_at as updated_at,
    invoiced.gone_at as deleted_at
from invoiced
inner join {{ ref('stg_exact_online__settings') }} as settings
    on settings.coupling_id = invoiced.coupling_id and settings.takes_invoices
left join {{ ref('int_item_units__exact_online') }} as units
    on units.coupling_id = invoiced.coupling_id and units.item = invoiced.item
where invoiced.item is not null
    and not (settings.takes_orders and invoiced.sales_order_number is not null)
    and not coalesce(invoiced.cost_center = any(settings.excluded_cost_centers), false)
