-- Units that are cancelled, or that the customer asked to cancel, are left out (example 35).
with items as (
    select * from {{ ref('int_sell_order_items__bol_com') }}
)

select
    items.webshop_id,
    items.coupling_id,
    coalesce(items.item_remote_id, items.order_remote_id || '_' || coalesce(items.ean, '')) as remote_id,
    items.root_key,
    items.order_remote_id,
    items.position,
    cast(null as text) as product_remote_id,
    items.ean as product_ean,
    items.reference as product_sku,
    items.quantity - items.quantity_cancelled as quantity,
    -- bol.com's prices include VAT; the line is divided as a whole, so that only its total is rounded.
    round(
        items.unit_price * (items.quantity - items.quantity_cancelled)
        / case when settings.vat_basis = 'gross' then 1 + settings.vat_rate / 100 else 1 end,
        2
    ) as subtotal_value,
    items.changed_at as updated_at,
    items.gone_at as deleted_at
from items
inner join {{ ref('stg_bol_com__settings') }} as settings on settings.coupling_id = items.coupling_id
where not items.is_cancellation_requested
    and not coalesce(items.quantity_cancelled >= items.quantity, false)
    and (settings.method = 'ALL' or items.method = settings.method)
