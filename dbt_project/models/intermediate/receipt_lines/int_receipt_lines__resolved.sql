-- The receipts of the batch with their line, and those of the batch's buy orders: they go with a line that is removed,
-- and come with one that was waited for.
with touched as (
    select rooted.coupling_id, rooted.remote_id
    from {{ news('receipt_lines', ref('int_receipt_lines__unioned')) }} as rooted
    union
    select receipts.coupling_id, receipts.remote_id
    from {{ news('buy_orders', ref('int_buy_order_lines__unioned')) }} as ordered
    inner join {{ ref('int_receipt_lines__unioned') }} as receipts
        on receipts.coupling_id = ordered.coupling_id and receipts.buy_order_line_remote_id = ordered.remote_id
),

-- Where the lines of buy orders are left out, receipts have nothing to belong to (R15), except those of orders that Optiply
-- placed. A coupling that only posts orders brings none.
joined as (
    select
        mapped.*,
        lines.id as buy_order_line_id,
        stored.occurred as stored_occurred,
        coalesce(
            mapped.deleted_at,
            lines.deleted_at,
            case when not {{ takes_lines('buy_orders') }} and lines.id is null then date_trunc('second', now()) end
        ) as removed_at
    from touched
    inner join {{ ref('int_receipt_lines__unioned') }} as mapped
        on mapped.coupling_id = touched.coupling_id and mapped.remote_id = touched.remote_id
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = mapped.webshop_id
        and ownership.coupling_id = mapped.coupling_id
        and ownership.object = 'receipt_lines'
    inner join {{ source('platform', 'couplings') }} as couplings
        on couplings.id = mapped.coupling_id and {{ is_two_way() }}
    left join {{ ref('buy_order_lines') }} as lines
        on lines.coupling_id = mapped.coupling_id and lines.remote_id = mapped.buy_order_line_remote_id
    left join {{ source('optiply', 'receipt_lines') }} as stored
        on stored.coupling_id = mapped.coupling_id and stored.remote_id = mapped.remote_id
)

select
    webshop_id,
    coupling_id,
    remote_id,
    root_key,
    buy_order_line_id,
    quantity,
    -- A source that does not say when is taken at its first word: a later transform does not move the day.
    coalesce(occurred, stored_occurred, date_trunc('second', now())) as occurred,
    updated_at,
    removed_at as deleted_at,
    case
        when removed_at is not null then '{}'
        else problems || {{ problems([
            ["buy_order_line_id is null and buy_order_line_remote_id is not null",
                "waiting|buy_order_line_id|waiting for parent"],
        ]) }}
    end as problems
from joined
