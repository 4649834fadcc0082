-- One row per order of a stream with one row per line, in which the header's fields are repeated. Statuses of an order and
-- of its receipt: 10 open, 20 partial, 30 complete, 40 cancelled.
with lines as (
    select * from {{ news('buy_orders', ref('stg_exact_online__purchase_orders')) }} as landed
),

headers as (
    select distinct on (coupling_id, root_key)
        lines.*,
        bool_and(gone_at is not null) over same_order as is_gone,
        max(gone_at) over same_order as removed_at,
        max(expected_at) filter (where gone_at is null) over same_order as last_expected_at,
        max(modified_at) over same_order as changed_at
    from lines
    window same_order as (partition by coupling_id, root_key)
    order by coupling_id, root_key, gone_at is not null, modified_at desc nulls last, record_key
),

typed as (
    select
        headers.*,
        coalesce(headers.changed_at, headers.landed_at) as known_at,
        coalesce(
            headers.order_status = any(settings.completed_statuses) or headers.receipt_status = any(settings.completed_statuses),
            false
        ) as is_complete
    from headers
    inner join {{ ref('stg_exact_online__settings') }} as settings on settings.coupling_id = headers.coupling_id
)

select
    webshop_id,
    coupling_id,
    root_key as remote_id,
    root_key,
    supplier as supplier_remote_id,
    cast(null as text) as supplier_name,
    coalesce(ordered_at, created_at) as placed,
    case when is_complete then known_at end as completed,
    false as completes_by_receipt,
    last_expected_at as expected_delivery_date,
    false as assembly,
    -- Optiply's export writes its id into both; a number alone may be the customer's own.
    coalesce(case when description ilike 'optiply %' then description end, your_ref) as reference,
    created_at,
    changed_at as updated_at,
    case when is_gone then removed_at when order_status = '40' and not is_complete then known_at end as deleted_at,
    cast('{}' as text[]) as problems
from typed

union all

select
    webshop_id,
    coupling_id,
    record_key as remote_id,
    record_key as root_key,
    supplier as supplier_remote_id,
    cast(null as text) as supplier_name,
    placed,
    completed,
    false as completes_by_receipt,
    expected_at as expected_delivery_date,
    true as assembly,
    your_ref as reference,
    created_at,
    modified_at as updated_at,
    gone_at as deleted_at,
    cast('{}' as text[]) as problems
from {{ ref('int_made_orders__exact_online') }}
