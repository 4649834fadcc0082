-- What the company makes itself, of couplings that take it as buy orders: one item per order. Statuses of an assembly order:
-- 20 open, 30 partial, 50 complete; of a shop order: 10 open, 20 in process, 30 finished, 40 completed.
with made as (
    select
        orders.webshop_id,
        orders.coupling_id,
        orders.record_key,
        orders.item,
        orders.planned_quantity as quantity,
        orders.finished_quantity,
        orders.ordered_at as placed,
        orders.planned_at as expected_at,
        -- Without a change time it is complete when we hear of it.
        case when orders.status = 50 then date_trunc('second', orders.landed_at) end as completed,
        cast(null as text) as your_ref,
        cast(null as timestamptz) as created_at,
        cast(null as timestamptz) as modified_at,
        orders.gone_at
    from {{ news('buy_orders', ref('stg_exact_online__assembly_orders')) }} as orders
    inner join {{ ref('stg_exact_online__settings') }} as settings
        on settings.coupling_id = orders.coupling_id and settings.takes_assembly_orders

    union all

    select
        orders.webshop_id,
        orders.coupling_id,
        orders.record_key,
        orders.item,
        orders.planned_quantity,
        orders.produced_quantity,
        coalesce(orders.ordered_at, orders.created_at),
        orders.planned_at,
        case when orders.status in (30, 40) then coalesce(orders.modified_at, orders.landed_at) end,
        orders.your_ref,
        orders.created_at,
        orders.modified_at,
        orders.gone_at
    from {{ news('buy_orders', ref('stg_exact_online__shop_orders')) }} as orders
    inner join {{ ref('stg_exact_online__settings') }} as settings
        on settings.coupling_id = orders.coupling_id and settings.takes_shop_orders
),

suppliers as (
    select distinct on (offers.coupling_id, offers.item) offers.coupling_id, offers.item, offers.supplier
    from {{ ref('stg_exact_online__supplier_items') }} as offers
    inner join made on made.coupling_id = offers.coupling_id and made.item = offers.item
    where offers.gone_at is null and offers.supplier is not null
    order by offers.coupling_id, offers.item, coalesce(offers.is_main_supplier, false) desc, offers.record_key
)

select
    made.*,
    -- Optiply wants a supplier of every order.
    coalesce(suppliers.supplier, settings.assembly_supplier) as supplier,
    -- What is made has no price; its cost stands for it.
    made.quantity * items.cost_price_standard as value
from made
inner join {{ ref('stg_exact_online__settings') }} as settings on settings.coupling_id = made.coupling_id
left join suppliers on suppliers.coupling_id = made.coupling_id and suppliers.item = made.item
left join {{ ref('stg_exact_online__items') }} as items on items.coupling_id = made.coupling_id and items.record_key = made.item
