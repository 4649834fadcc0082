-- AmountDC of a line is its net value in the company's currency, without VAT.
with lines as (
    select * from {{ news('sell_orders', ref('stg_exact_online__sales_order_lines')) }} as landed
)

select
    lines.webshop_id,
    lines.coupling_id,
    lines.record_key as remote_id,
    lines.root_key,
    lines.root_key as order_remote_id,
    cast(floor(lines.line_number) as bigint) as position,
    lines.item as product_remote_id,
    cast(null as text) as product_ean,
    cast(null as text) as product_sku,
    lines.quantity,
    lines.amount_dc as subtotal_value,
    cast(null as timestamptz) as updated_at,
    lines.gone_at as deleted_at
from lines
inner join {{ ref('stg_exact_online__settings') }} as settings on settings.coupling_id = lines.coupling_id
where settings.has_drop_shipments or not lines.is_drop_shipment
