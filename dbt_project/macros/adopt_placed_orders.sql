{#- Before buy_orders are written: a record that carries the number of an order whose call was begun and has not been
    confirmed is that order (B15), unless two of them carry it, it was there before the call, or it is a row already. -#}
{% macro adopt_placed_orders() -%}
    set local optiply.writer = 'transform';
    with carrying as (
        select
            placed.id,
            orders.remote_id,
            orders.created_at >= begun.at - interval '1 day' or orders.created_at is null as is_young,
            count(*) over (partition by placed.id) as records
        from {{ source('optiply', 'buy_orders') }} as placed
        inner join {{ source('platform', 'push_orders') }} as pushed on pushed.buy_order_id = placed.id
        inner join lateral (
            select min(steps.intended_at) as at
            from {{ source('platform', 'push_steps') }} as steps
            where steps.push_order_id = pushed.id and steps.step = 'create'
        ) as begun on begun.at is not null
        inner join {{ ref('int_buy_orders__unioned') }} as orders
            on orders.coupling_id = placed.coupling_id
            and orders.reference = placed.optiply_id
            and orders.deleted_at is null
            and orders.heard_at > begun.at
        where placed.remote_id is null
            and not exists (
                select 1
                from {{ source('optiply', 'buy_orders') }} as stored
                where stored.coupling_id = orders.coupling_id and stored.remote_id = orders.remote_id
            )
    )
    update {{ source('optiply', 'buy_orders') }} as placed
    set remote_id = carrying.remote_id
    from carrying
    where placed.id = carrying.id and placed.remote_id is null and carrying.is_young and carrying.records = 1
{%- endmacro %}
