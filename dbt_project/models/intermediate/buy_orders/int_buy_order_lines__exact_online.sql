-- Quantity counts pieces; QuantityInPurchaseUnits would count boxes (API page, trap 10).
with lines as (
    select * from {{ news('buy_orders', ref('stg_exact_online__purchase_orders')) }} as landed
)

select
    lines.webshop_id,
    lines.coupling_id,
    lines.record_key as remote_id,
    lines.root_key,
    lines.root_key as order_remote_id,
    {{ place('lines.line_number') }} as position,
    lines.item as product_remote_id,
    lines.quantity * coalesce(units.factor, 1) as quantity,
    greatest(lines.quantity - lines.received_quantity, 0) * coalesce(units.factor, 1) as quantity_open,
    case when settings.is_foreign_currency then lines.amount_fc else lines.amount_dc end as subtotal_value,
    lines.expected_at as expected_delivery_date,
    lines.modified_at as updated_at,
    lines.gone_at as deleted_at,
    cast('{}' as text[]) as problems
from lines
inner join {{ ref('stg_exact_online__settings') }} as settings on settings.coupling_id = lines.coupling_id
left join {{ ref('int_item_units__exact_online') }} as units
    on units.coupling_id = lines.coupling_id and units.item = lines.item

union all

select
    made.webshop_id,
    made.coupling_id,
    made.record_key || '_' || coalesce(made.item, '') as remote_id,
    made.record_key as root_key,
    made.record_key as order_remote_id,
    1 as position,
    made.item as product_remote_id,
    made.quantity * coalesce(units.factor, 1) as quantity,
    greatest(made.quantity - made.finished_quantity, 0) * coalesce(units.factor, 1) as quantity_open,
    made.value as subtotal_value,
    made.expected_at as expected_delivery_date,
    made.modified_at as updated_at,
    made.gone_at as deleted_at,
    cast('{}' as text[]) as problems
from {{ ref('int_made_orders__exact_online') }} as made
left join {{ ref('int_item_units__exact_online') }} as units
    on units.coupling_id = made.coupling_id and units.item = made.item
