with orders as (
    select * from {{ news('buy_orders', ref('stg_<<connector>>__buy_orders')) }} as landed
)

select
    orders.webshop_id,
    orders.coupling_id,
    coalesce({{ filled('doc.id') }}, orders.record_key || '_' || item.position) as remote_id,
    orders.root_key,
    orders.record_key as order_remote_id,
    item.position,
    {{ filled('doc.product_id') }} as product_remote_id,
    {{ number('doc.quantity') }} as quantity,
    -- Where the remote does not say what came, what is open is unknown and not everything.
    case when {{ number('doc.received') }} is not null
        then greatest({{ number('doc.quantity') }} - {{ number('doc.received') }}, 0)
    end as quantity_open,
    {{ number('doc.total') }} as subtotal_value,
    orders.expected_at as expected_delivery_date,
    orders.modified_at as updated_at,
    orders.gone_at as deleted_at,
    cast('{}' as text[]) as problems
from orders
cross join lateral jsonb_path_query(orders.lines, '$[*] ? (@.type() == "object")') with ordinality as item (line, position)
cross join lateral jsonb_to_record(item.line) as doc (
    id text,
    product_id text,
    quantity text,
    received text,
    total text
)
