-- Older lines have no id, so the lines of one product are one line here already (B5). Prices are without VAT. A line that
-- Picqer adds for a part of a set is left out: Optiply itself counts the sales of a set for its parts (B8).
with orders as (
    select * from {{ news('sell_orders', ref('stg_picqer__orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.record_key || '_' || coalesce(lines.idproduct, '') as remote_id,
    orders.root_key,
    orders.record_key as order_remote_id,
    lines.position,
    lines.idproduct as product_remote_id,
    cast(null as text) as product_ean,
    lines.productcode as product_sku,
    lines.quantity,
    lines.value as subtotal_value,
    orders.updated at time zone settings.time_zone as updated_at,
    orders.gone_at as deleted_at
from orders
inner join {{ ref('stg_picqer__settings') }} as settings on settings.coupling_id = orders.coupling_id
cross join lateral (
    select
        product.id as idproduct,
        min(item.position) as position,
        min({{ filled('doc.productcode') }}) as productcode,
        case when bool_and({{ number('doc.amount') }} is not null) then sum({{ number('doc.amount') }}) end as quantity,
        case
            when bool_and({{ number('doc.amount') }} is not null and {{ number('doc.price') }} is not null)
                then sum({{ number('doc.price') }} * {{ number('doc.amount') }})
        end as value
    from jsonb_path_query(orders.products, '$[*] ? (@.type() == "object")') with ordinality as item (line, position)
    cross join lateral jsonb_to_record(item.line) as doc (
        idproduct text,
        productcode text,
        price text,
        amount text,
        partof_idorder_product text
    )
    cross join lateral (select nullif({{ filled('doc.idproduct') }}, '0') as id) as product
    where coalesce(nullif({{ filled('doc.partof_idorder_product') }}, '0'), '') = ''
    group by product.id
) as lines
