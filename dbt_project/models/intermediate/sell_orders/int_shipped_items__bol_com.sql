-- What was shipped of each order item, where the coupling reads shipments; an item may leave in several shipments.
with shipments as (
    select landed.*
    from {{ news('sell_orders', ref('stg_bol_com__shipment_details')) }} as landed
    inner join {{ ref('stg_bol_com__settings') }} as settings
        on settings.coupling_id = landed.coupling_id and settings.has_shipments
    where landed.gone_at is null
)

select
    shipments.webshop_id,
    shipments.coupling_id,
    shipments.root_key as order_remote_id,
    shipments.root_key,
    {{ filled('doc."orderItemId"') }} as item_remote_id,
    min(item.position) as position,
    max({{ filled("doc.product ->> 'ean'") }}) as ean,
    max({{ filled("doc.offer ->> 'reference'") }}) as reference,
    max(upper(doc.fulfilment ->> 'method')) as method,
    case
        when bool_and(coalesce({{ number('doc."quantityShipped"') }}, {{ number('doc.quantity') }}) is not null)
            then sum(coalesce({{ number('doc."quantityShipped"') }}, {{ number('doc.quantity') }}))
    end as quantity,
    max({{ number('doc."unitPrice"') }}) as unit_price,
    max(shipments.shipped_at) as shipped_at
from shipments
cross join lateral jsonb_path_query(shipments.shipment_items, '$[*] ? (@.type() == "object")') with ordinality as item (line, position)
cross join lateral jsonb_to_record(item.line) as doc (
    "orderItemId" text,
    product jsonb,
    offer jsonb,
    fulfilment jsonb,
    quantity text,
    "quantityShipped" text,
    "unitPrice" text
)
group by shipments.webshop_id, shipments.coupling_id, shipments.root_key, {{ filled('doc."orderItemId"') }}
