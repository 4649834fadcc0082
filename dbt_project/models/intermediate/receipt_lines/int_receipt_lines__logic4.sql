-- What came in of a row, as one receipt that grows (B16): when, Logic4 does not say, so it is the time at which it was
-- seen first. By setting, the rows of Logic4's own deliveries that are processed.
with ordered as (
    select * from {{ news('receipt_lines', ref('stg_logic4__buy_order_rows')) }} as landed
),

deliveries as (
    select * from {{ news('receipt_lines', ref('stg_logic4__deliveries')) }} as landed
),

derived as (
    select ordered.*, ordered.quantity - ordered.quantity_open as received
    from ordered
    inner join {{ ref('stg_logic4__settings') }} as settings on settings.coupling_id = ordered.coupling_id
    where not settings.has_deliveries
        and (settings.has_drafts or ordered.ordered_at is not null)
)

select
    webshop_id,
    coupling_id,
    root_key || '_' || record_key || '_' || coalesce(product_id, '') as remote_id,
    root_key,
    record_key as buy_order_line_remote_id,
    received as quantity,
    false as maps_returns,
    cast(null as timestamptz) as occurred,
    cast(null as timestamptz) as updated_at,
    -- Nothing has come in, or what had is taken back.
    coalesce(gone_at, case when received <= 0 then landed_at end) as deleted_at,
    cast('{}' as text[]) as problems
from derived

union all

select
    deliveries.webshop_id,
    deliveries.coupling_id,
    coalesce(
        {{ filled('doc."Id"') }},
        deliveries.record_key || '_' || coalesce({{ filled('doc."BuyOrderRowId"') }}, '')
    ) as remote_id,
    deliveries.root_key,
    nullif({{ filled('doc."BuyOrderRowId"') }}, '0') as buy_order_line_remote_id,
    {{ number('doc."Qty_Delivered"') }} as quantity,
    false as maps_returns,
    deliveries.processed_at as occurred,
    cast(null as timestamptz) as updated_at,
    deliveries.gone_at as deleted_at,
    cast('{}' as text[]) as problems
from deliveries
inner join {{ ref('stg_logic4__settings') }} as settings on settings.coupling_id = deliveries.coupling_id
cross join lateral jsonb_path_query(deliveries.delivered_rows, '$[*] ? (@.type() == "object")') as item (line)
cross join lateral jsonb_to_record(item.line) as doc (
    "Id" text,
    "BuyOrderRowId" text,
    "Qty_Delivered" text
)
where settings.has_deliveries and deliveries.processed_at is not null
