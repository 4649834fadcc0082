-- B5: a product stands once on an order. Its first line gives the remote id, the rest is added to it,
-- and the sum is rounded, not its parts.
with matched as (
    select *
    from {{ ref('int_sell_order_lines__matched') }}
    where takes_lines and not {{ is_held('problems') }}
)

select
    webshop_id,
    coupling_id,
    (array_agg(remote_id order by position nulls last, remote_id))[1] as remote_id,
    root_key,
    order_remote_id,
    product_id,
    cast(greatest(least(sum(quantity), 2147483647), -2147483648) as integer) as quantity,
    cast(round(sum(subtotal_value), 2) as numeric(19, 2)) as subtotal_value,
    max(updated_at) as updated_at
from matched
group by webshop_id, coupling_id, root_key, order_remote_id, product_id
