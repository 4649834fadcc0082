{#- Before buy_order_lines are written: a line of a placed order that the remote did not name is the remote's line of the
    same product, smallest quantities first. One that the remote was told of and does not have, such as one that it added
    to another line, is gone; it stays while a line of its order is kept back. -#}
{% macro adopt_placed_lines() -%}
    set local optiply.writer = 'transform';
    {#- The batch's lines are resolved once more only where a line looks for its like. -#}
    do $$
    begin
        if exists (
            select 1
            from {{ source('optiply', 'buy_order_lines') }} as line
            inner join {{ source('optiply', 'buy_orders') }} as placed
                on placed.id = line.buy_order_id and placed.remote_id is not null
            where line.remote_id is null and line.deleted_at is null
        ) then
            create temp table heard_lines on commit drop as
            select
                placed.id as buy_order_id,
                heard.remote_id,
                heard.product_id,
                heard.is_held,
                heard.deleted_at is null and not exists (
                    select 1
                    from {{ source('optiply', 'buy_order_lines') }} as stored
                    where stored.coupling_id = heard.coupling_id and stored.remote_id = heard.remote_id
                ) as is_free,
                row_number() over (
                    partition by placed.id, heard.product_id order by heard.quantity, heard.remote_id
                ) as place
            from {{ ref('int_buy_order_lines__resolved') }} as heard
            inner join {{ source('optiply', 'buy_orders') }} as placed
                on placed.coupling_id = heard.coupling_id and placed.remote_id = heard.order_remote_id
            inner join {{ source('platform', 'push_orders') }} as pushed on pushed.buy_order_id = placed.id;

            with wanting as (
                select id, buy_order_id, product_id, row_number() over (
                    partition by buy_order_id, product_id order by quantity, id
                ) as place
                from {{ source('optiply', 'buy_order_lines') }}
                where remote_id is null and deleted_at is null
            ),

            free as (
                select buy_order_id, product_id, remote_id, row_number() over (
                    partition by buy_order_id, product_id order by place
                ) as place
                from heard_lines
                where is_free
            )

            update {{ source('optiply', 'buy_order_lines') }} as line
            set remote_id = free.remote_id
            from wanting
            inner join free
                on free.buy_order_id = wanting.buy_order_id
                and free.product_id = wanting.product_id
                and free.place = wanting.place
            where line.id = wanting.id;

            update {{ source('optiply', 'buy_order_lines') }} as line
            set deleted_at = date_trunc('second', now())
            where line.remote_id is null
                and line.deleted_at is null
                and exists (
                    select 1 from {{ source('platform', 'push_lines') }} as told where told.buy_order_line_id = line.id
                )
                and line.buy_order_id in (
                    select buy_order_id from heard_lines group by buy_order_id having not bool_or(is_held)
                );
        end if;
    end $$
{%- endmacro %}
