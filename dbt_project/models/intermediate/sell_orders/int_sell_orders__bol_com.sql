-- One order of up to three endpoints: the list names it, the details carry its items and prices, its shipments say when
-- it left. The same order from several of them is one (example 34).
with details as (
    select * from {{ news('sell_orders', ref('stg_bol_com__order_details')) }} as landed
),

listed as (
    select * from {{ news('sell_orders', ref('stg_bol_com__orders')) }} as landed
),

shipped as (
    select
        landed.webshop_id,
        landed.coupling_id,
        landed.root_key,
        min(landed.placed_at) as placed_at,
        max(landed.shipped_at) as shipped_at
    from {{ news('sell_orders', ref('stg_bol_com__shipments')) }} as landed
    inner join {{ ref('stg_bol_com__settings') }} as settings
        on settings.coupling_id = landed.coupling_id and settings.has_shipments
    where landed.gone_at is null
    group by landed.webshop_id, landed.coupling_id, landed.root_key
),

orders as (
    select webshop_id, coupling_id, root_key from details
    union
    select webshop_id, coupling_id, root_key from listed
    union
    select webshop_id, coupling_id, root_key from shipped
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
    orders.webshop_id,
    orders.coupling_id,
    orders.root_key as remote_id,
    orders.root_key,
    coalesce(details.placed_at, listed.placed_at, shipped.placed_at) as placed,
    case when items.is_shipped and not items.is_cancelled then coalesce(shipped.shipped_at, items.changed_at) end as completed,
    true as is_in_scope,
    cast(null as timestamptz) as created_at,
    items.changed_at as updated_at,
    coalesce(
        details.gone_at,
        case when items.is_cancelled then coalesce(items.changed_at, details.landed_at) end,
        case when details.record_key is null then listed.gone_at end
    ) as deleted_at,
    {{ problems([
        ["details.record_key is null and (listed.record_key is not null or items.order_remote_id is null)",
            "waiting|lines|order details not pulled yet"],
    ]) }} as problems
from orders
left join details on details.coupling_id = orders.coupling_id and details.record_key = orders.root_key
left join listed on listed.coupling_id = orders.coupling_id and listed.record_key = orders.root_key
left join shipped on shipped.coupling_id = orders.coupling_id and shipped.root_key = orders.root_key
left join items on items.coupling_id = orders.coupling_id and items.order_remote_id = orders.root_key
