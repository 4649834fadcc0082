with mapped as (
    select * from {{ news('sell_orders', ref('int_sell_orders__unioned')) }} as rooted
),

waiting_lines as (
    select coupling_id, order_remote_id, count(*) as lines
    from {{ ref('int_sell_order_lines__matched') }}
    group by coupling_id, order_remote_id
),

new_lines as (
    select coupling_id, order_remote_id, sum(subtotal_value) as value
    from {{ ref('int_sell_order_lines__consolidated') }}
    group by coupling_id, order_remote_id
),

joined as (
    select
        mapped.*,
        stored.id is not null as is_stored,
        waiting_lines.lines is not null as has_candidates,
        new_lines.value as new_value,
        old_lines.value as old_value
    from mapped
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = mapped.webshop_id
        and ownership.coupling_id = mapped.coupling_id
        and ownership.object = 'sell_orders'
    left join waiting_lines
        on waiting_lines.coupling_id = mapped.coupling_id and waiting_lines.order_remote_id = mapped.remote_id
    left join new_lines on new_lines.coupling_id = mapped.coupling_id and new_lines.order_remote_id = mapped.remote_id
    left join {{ source('optiply', 'sell_orders') }} as stored
        on stored.coupling_id = mapped.coupling_id and stored.remote_id = mapped.remote_id
    left join lateral (
        select sum(lines.subtotal_value) as value
        from {{ source('optiply', 'sell_order_lines') }} as lines
        where lines.sell_order_id = stored.id and lines.deleted_at is null
    ) as old_lines on true
)

select
    webshop_id,
    coupling_id,
    remote_id,
    root_key,
    placed,
    -- The lines that are stored and those that will be: what the remote calls the total may include VAT and shipping (B1).
    coalesce(old_value, 0) + coalesce(new_value, 0) as total_value,
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
