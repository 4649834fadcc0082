{{ config(pre_hook="{{ adopt_placed_orders() }}", meta={
    'object': 'buy_orders',
    'cleared_by_null': ['completed'],
    'defaults': {'assembly': 'false'},
}) }}

-- An order that is opened again is not complete any more: the one attribute whose null is written (an exception to B19).
select
    webshop_id,
    coupling_id,
    remote_id,
    optiply_id,
    supplier_id,
    placed,
    total_value,
    completed,
    expected_delivery_date,
    assembly,
    reference,
    created_at,
    updated_at,
    deleted_at
from {{ ref('int_buy_orders__consolidated') }}
where not {{ is_held('problems') }}
