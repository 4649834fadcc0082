-- One order of two endpoints: the list names it, the details carry its items and prices.
with details as (
    select * from {{ news('sell_orders', ref('stg_bol_com__order_details')) }} as landed
),

listed as (
    select * from {{ news('sell_orders', ref('stg_bol_com__orders')) }} as landed
),

items as (
    select
        coupling_id,
        order_remote_id,
        bool_and(coalesce(quantity_cancelled >= quantity, false)) as is_cancelled,
        bool_and(coalesce(quantity_shipped + quantity_cancelled >= quantity, false)) as is_shipped,
        max(changed_at) as changed_at
    from {{ ref('int_sell_order_items__bol_com') }}
    group by coupling_id, order_remote_id
)

select
    coalesce(details.webshop_id, listed.webshop_id) as webshop_id,
    coalesce(details.coupling_id, listed.coupling_id) as coupling_id,
    coalesce(details.record_key, listed.record_key) as remote_id,
    coalesce(details.root_key, listed.root_key) as root_key,
    coalesce(details.placed_at, listed.placed_at) as placed,
    case when items.is_shipped and not items.is_cancelled then items.changed_at end as completed,
    true as is_in_scope,
    cast(null as timestamptz) as created_at,
    items.changed_at as updated_at,
    coalesce(
        details.gone_at,
        case when items.is_cancelled then coalesce(items.changed_at, details.landed_at) end,
        case when details.record_key is null then listed.gone_at end
    ) as deleted_at,
    {{ problems([
        ["details.record_key is null", "waiting|lines|order details not pulled yet"],
    ]) }} as problems
from details
full join listed on listed.coupling_id = details.coupling_id and listed.record_key = details.record_key
left join items on items.coupling_id = details.coupling_id and items.order_remote_id = details.record_key
