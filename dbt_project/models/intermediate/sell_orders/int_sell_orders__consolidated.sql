with mapped as (
    select * from {{ news('sell_orders', ref('int_sell_orders__unioned')) }} as rooted
),

-- As they will be stored: the lines of a product are one, and rounded as one (B5).
products as (
    select
        coupling_id,
        order_remote_id,
        count(*) as candidates,
        bool_and(takes_lines) as takes_lines,
        round(sum(subtotal_value) filter (where not {{ is_held('problems') }}), 2) as value
    from {{ ref('int_sell_order_lines__matched') }}
    group by coupling_id, order_remote_id, product_id
),

lines as (
    select
        coupling_id,
        order_remote_id,
        cast(sum(candidates) as bigint) as candidates,
        not bool_and(takes_lines) as leaves_lines_out,
        sum(value) as value
    from products
    group by coupling_id, order_remote_id
),

-- The orders and what their lines add up to, brought together by sorting: how many lines match cannot be estimated, and
-- a join would be planned for one of them and run for all.
gathered as (
    select
        webshop_id, coupling_id, remote_id, root_key, placed, completed,
        is_in_scope, created_at, updated_at, deleted_at, problems,
        cast(null as bigint) as candidates, false as leaves_lines_out, cast(null as numeric) as value, true as is_order
    from mapped
    union all
    select
        null, coupling_id, order_remote_id, null, null, null, null, null, null, null, null,
        candidates, leaves_lines_out, value, false
    from lines
),

summed as (
    select
        gathered.*,
        max(candidates) over same_order is not null as has_candidates,
        max(value) over same_order as new_value,
        bool_or(gathered.leaves_lines_out) over same_order as is_without_lines
    from gathered
    window same_order as (partition by coupling_id, remote_id)
),

joined as (
    select
        summed.*,
        stored.id is not null as is_stored,
        stored.total_value as stored_value,
        old_lines.value as old_value
    from summed
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = summed.webshop_id
        and ownership.coupling_id = summed.coupling_id
        and ownership.object = 'sell_orders'
    left join {{ source('optiply', 'sell_orders') }} as stored
        on stored.coupling_id = summed.coupling_id and stored.remote_id = summed.remote_id
    left join lateral (
        select sum(stored_lines.subtotal_value) as value
        from {{ source('optiply', 'sell_order_lines') }} as stored_lines
        where stored_lines.sell_order_id = stored.id
    ) as old_lines on true
    where summed.is_order
)

select
    webshop_id,
    coupling_id,
    remote_id,
    root_key,
    placed,
    -- The lines that are stored and those that will be: what the remote calls the total may include VAT and shipping (B1).
    -- Where lines are left out, what they came to when the order was stored (B4).
    case when is_stored and is_without_lines then stored_value else coalesce(old_value, 0) + coalesce(new_value, 0) end
        as total_value,
    completed,
    created_at,
    updated_at,
    deleted_at,
    case
        when deleted_at is not null then '{}'
        else problems || {{ problems([
            ["has_candidates and old_value is null and new_value is null", "waiting|lines|no line matched yet"],
        ]) }}
    end as problems
from joined
-- An order out of scope waits for its status; one without any line (all cancelled, lines not pulled yet) is no order yet.
where deleted_at is not null
    or is_in_scope and (is_stored or new_value is not null or has_candidates or problems <> '{}')
