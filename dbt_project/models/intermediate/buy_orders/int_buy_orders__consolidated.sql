with mapped as (
    select rooted.*
    from {{ news('buy_orders', ref('int_buy_orders__unioned')) }} as rooted
    left join {{ ref('int_buy_orders__withheld') }} as withheld
        on withheld.coupling_id = rooted.coupling_id and withheld.remote_id = rooted.remote_id
    where withheld.remote_id is null
),

lines as (
    select
        line.coupling_id,
        line.order_remote_id,
        count(*) as candidates,
        count(*) filter (where not line.is_held) as able,
        sum(line.value) as value,
        -- 1 = something is still to come, 0 = nothing is, null = not known of every line.
        case when bool_or(line.quantity_open > 0) then 1 when bool_and(line.quantity_open is not null) then 0 end as is_open,
        max(received.occurred) as last_received
    from {{ ref('int_buy_order_lines__resolved') }} as line
    left join lateral (
        select max(receipts.occurred) as occurred
        from {{ ref('int_receipt_lines__unioned') }} as receipts
        where receipts.coupling_id = line.coupling_id
            and receipts.buy_order_line_remote_id = line.remote_id
            and receipts.deleted_at is null
            and not {{ is_held('receipts.problems') }}
    ) as received on true
    where line.deleted_at is null
    group by line.coupling_id, line.order_remote_id
),

-- Brought together by sorting, as in int_sell_orders__consolidated: how many lines there are cannot be estimated.
gathered as (
    select
        webshop_id, coupling_id, remote_id, root_key, supplier_remote_id, placed, completed, completes_by_receipt,
        expected_delivery_date, assembly, reference, names_optiply, created_at, updated_at, deleted_at, problems,
        cast(null as bigint) as candidates, cast(null as bigint) as able, cast(null as numeric) as value,
        cast(null as integer) as is_open, cast(null as timestamptz) as last_received, true as is_order
    from mapped
    union all
    select
        null, coupling_id, order_remote_id, null, null, null, null, null, null, null, null, null, null, null, null, null,
        candidates, able, value, is_open, last_received, false
    from lines
),

summed as (
    select
        gathered.*,
        coalesce(max(candidates) over same_order, 0) as line_count,
        coalesce(max(able) over same_order, 0) as able_count,
        coalesce(max(value) over same_order, 0) as total_value,
        max(is_open) over same_order as open_lines,
        max(last_received) over same_order as received_at
    from gathered
    window same_order as (partition by coupling_id, remote_id)
),

joined as (
    select
        summed.*,
        suppliers.id as supplier_id,
        stored.id is not null as is_stored,
        stored.completed as stored_completed,
        stored.optiply_id as stored_optiply_id,
        case when stored.reference = stored.optiply_id then stored.reference end as own_reference,
        row_number() over (
            partition by summed.reference, summed.names_optiply order by stored.id is null, summed.created_at, summed.coupling_id, summed.remote_id
        ) = 1
        and not exists (
            select 1 from {{ source('optiply', 'buy_orders') }} as other where other.optiply_id = summed.reference
        ) as is_first_of_reference
    from summed
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = summed.webshop_id
        and ownership.coupling_id = summed.coupling_id
        and ownership.object = 'buy_orders'
    {{ join_known('suppliers', 'suppliers', 'summed.coupling_id', 'summed.supplier_remote_id') }}
    left join {{ source('optiply', 'buy_orders') }} as stored
        on stored.coupling_id = summed.coupling_id and stored.remote_id = summed.remote_id
    where summed.is_order
)

select
    webshop_id,
    coupling_id,
    remote_id,
    root_key,
    -- An order that Optiply placed has its number already. One that another export of Optiply's made says so by its name
    -- (B15, example 28); a number alone, and one that is taken, claim nothing.
    coalesce(stored_optiply_id, case when names_optiply and is_first_of_reference then reference end) as optiply_id,
    supplier_id,
    placed,
    -- An order that is removed keeps what it was.
    case when deleted_at is null then total_value end as total_value,
    -- Set once, kept while the order stays complete, cleared when something is to come again (example 27).
    case
        when deleted_at is not null then stored_completed
        when completed is not null then coalesce(stored_completed, completed)
        when completes_by_receipt and open_lines is null then stored_completed
        when completes_by_receipt and open_lines = 0
            then coalesce(stored_completed, received_at, updated_at, date_trunc('second', now()))
    end as completed,
    expected_delivery_date,
    assembly,
    -- What somebody writes over it on the remote makes Optiply's order no other one.
    coalesce(own_reference, reference) as reference,
    created_at,
    updated_at,
    deleted_at,
    case
        when deleted_at is not null then '{}'
        else problems || {{ problems([
            ["supplier_id is null and supplier_remote_id is not null", "waiting|supplier_id|waiting for parent"],
            ["line_count > 0 and able_count = 0 and not is_stored", "waiting|lines|no line matched yet"],
        ]) }}
    end as problems
from joined
-- An order without any line is no order yet.
where deleted_at is not null or is_stored or line_count > 0 or problems <> '{}'
