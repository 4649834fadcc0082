-- What arrived and what went back, counted in purchase units; the order's line tells how many pieces one of them holds
-- (B10). A receipt line that was put away in several places stands there once per place, with one ID.
with receipts as (
    select * from {{ news('receipt_lines', ref('stg_exact_online__goods_receipts')) }} as landed
),

received as (
    select
        receipts.webshop_id,
        receipts.coupling_id,
        receipts.root_key,
        {{ filled('doc."ID"') }} as remote_id,
        max({{ filled('doc."PurchaseOrderLineID"') }}) as order_line,
        case
            when bool_and(({{ number('doc."QuantityReceived"') }}) is not null) then sum({{ number('doc."QuantityReceived"') }})
        end as quantity,
        min(coalesce({{ exact_moment('doc."Created"') }}, receipts.received_at, receipts.created_at)) as occurred,
        max(receipts.modified_at) as updated_at,
        max(receipts.gone_at) as deleted_at
    from receipts
    cross join lateral jsonb_path_query(receipts.lines, '$[*] ? (@.type() == "object")') as item (line)
    cross join lateral jsonb_to_record(item.line) as doc (
        "ID" text,
        "PurchaseOrderLineID" text,
        "QuantityReceived" text,
        "Created" text
    )
    group by receipts.webshop_id, receipts.coupling_id, receipts.root_key, {{ filled('doc."ID"') }}
),

returned as (
    select
        webshop_id,
        coupling_id,
        root_key,
        record_key as remote_id,
        purchase_order_line as order_line,
        -return_quantity as quantity,
        created_at as occurred,
        modified_at as updated_at,
        gone_at as deleted_at
    from {{ news('receipt_lines', ref('stg_exact_online__purchase_return_lines')) }} as landed
),

both_ways as (
    select *, false as is_return from received
    union all
    select *, true as is_return from returned
)

select
    both_ways.webshop_id,
    both_ways.coupling_id,
    coalesce(both_ways.remote_id, both_ways.root_key || '_') as remote_id,
    both_ways.root_key,
    both_ways.order_line as buy_order_line_remote_id,
    -- Without its order's line the receipt waits, and its units do not matter yet.
    case
        when ordered.record_key is null then both_ways.quantity
        else both_ways.quantity * ordered.quantity * coalesce(units.factor, 1) / nullif(ordered.quantity_in_purchase_units, 0)
    end as quantity,
    both_ways.is_return as maps_returns,
    both_ways.occurred,
    both_ways.updated_at,
    both_ways.deleted_at,
    {{ problems([
        ["both_ways.remote_id is null", "blocked|remote_id|missing"],
        ["ordered.record_key is not null and coalesce(ordered.quantity_in_purchase_units, 0) = 0",
            "blocked|quantity|pieces per purchase unit are unknown"],
    ]) }} as problems
from both_ways
left join {{ ref('stg_exact_online__purchase_orders') }} as ordered
    on ordered.coupling_id = both_ways.coupling_id and ordered.record_key = both_ways.order_line
left join {{ ref('int_item_units__exact_online') }} as units
    on units.coupling_id = ordered.coupling_id and units.item = ordered.item
