with receipts as (
    select * from {{ news('receipt_lines', ref('stg_<<connector>>__receipt_lines')) }} as landed
)

select
    receipts.webshop_id,
    receipts.coupling_id,
    receipts.record_key as remote_id,
    receipts.root_key,
    receipts.buy_order_line_id as buy_order_line_remote_id,
    receipts.quantity,
    false as maps_returns,
    coalesce(receipts.received_at, receipts.created_at) as occurred,
    receipts.modified_at as updated_at,
    receipts.gone_at as deleted_at,
    {{ problems([
        ["'quantity' = any(receipts.unreadable)", "blocked|quantity|not a number"],
    ]) }} as problems
from receipts
