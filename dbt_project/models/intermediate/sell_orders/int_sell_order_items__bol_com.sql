-- The items of the order details, one row each, typed; orders and lines are both made of them. An order that the list
-- does not show is made of its shipments.
with details as (
    select * from {{ news('sell_orders', ref('stg_bol_com__order_details')) }} as landed
),

listed as (
    select * from {{ news('sell_orders', ref('stg_bol_com__orders')) }} as landed
)

select
    details.webshop_id,
    details.coupling_id,
    details.record_key as order_remote_id,
    details.root_key,
    details.gone_at,
    item.position,
    {{ filled('doc."orderItemId"') }} as item_remote_id,
    {{ filled("doc.product ->> 'ean'") }} as ean,
    {{ filled("doc.offer ->> 'reference'") }} as reference,
    upper(doc.fulfilment ->> 'method') as method,
    {{ number('doc.quantity') }} as quantity,
    -- Left out = none; one that cannot be read stays unknown, and so does what is left of the line.
    case when doc."quantityShipped" is null then 0 else {{ number('doc."quantityShipped"') }} end as quantity_shipped,
    case when doc."quantityCancelled" is null then 0 else {{ number('doc."quantityCancelled"') }} end as quantity_cancelled,
    coalesce({{ flag('doc."cancellationRequest"') }}, false) as is_cancellation_requested,
    {{ number('doc."unitPrice"') }} as unit_price,
    {{ moment('doc."latestChangedDateTime"') }} as changed_at
from details
cross join lateral jsonb_path_query(details.order_items, '$[*] ? (@.type() == "object")') with ordinality as item (line, position)
cross join lateral jsonb_to_record(item.line) as doc (
    "orderItemId" text,
    product jsonb,
    offer jsonb,
    fulfilment jsonb,
    quantity text,
    "quantityShipped" text,
    "quantityCancelled" text,
    "cancellationRequest" text,
    "unitPrice" text,
    "latestChangedDateTime" text
)

union all

select
    shipped.webshop_id,
    shipped.coupling_id,
    shipped.order_remote_id,
    shipped.root_key,
    cast(null as timestamptz) as gone_at,
    shipped.position,
    shipped.item_remote_id,
    shipped.ean,
    shipped.reference,
    shipped.method,
    shipped.quantity,
    shipped.quantity as quantity_shipped,
    0 as quantity_cancelled,
    false as is_cancellation_requested,
    shipped.unit_price,
    shipped.shipped_at as changed_at
from {{ ref('int_shipped_items__bol_com') }} as shipped
where not exists (
        select 1 from details
        where details.coupling_id = shipped.coupling_id and details.record_key = shipped.order_remote_id
    )
    and not exists (
        select 1 from listed
        where listed.coupling_id = shipped.coupling_id and listed.record_key = shipped.order_remote_id
    )
