{{ config(incremental_strategy='quarantine') }}

{# The views whose rows carry problems, by the name of their object. -#}
{% set checked = {
    'products': ref('int_products__consolidated'),
    'suppliers': ref('int_suppliers__consolidated'),
    'supplier_products': ref('int_supplier_products__consolidated'),
    'product_compositions': ref('int_product_compositions__consolidated'),
    'sell_orders': ref('int_sell_orders__consolidated'),
    'sell_order_lines': ref('int_sell_order_lines__matched'),
    'buy_orders': ref('int_buy_orders__consolidated'),
    'buy_order_lines': ref('int_buy_order_lines__resolved'),
    'receipt_lines': ref('int_receipt_lines__resolved'),
} %}
{#- Lines are news with their orders. -#}
{% set news_of = {'sell_order_lines': 'sell_orders', 'buy_order_lines': 'buy_orders'} %}

with found as (
    {%- for object, relation in checked.items() %}
    select webshop_id, coupling_id, '{{ object }}' as object, remote_id, root_key, unnest(problems) as problem
    from {{ news(news_of.get(object, object), relation) }} as checked
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select distinct
    webshop_id,
    coupling_id,
    object,
    remote_id,
    root_key,
    split_part(problem, '|', 2) as field,
    split_part(problem, '|', 3) as reason,
    case split_part(problem, '|', 1) when 'warning' then 'warning' else 'blocked' end as severity,
    split_part(problem, '|', 1) = 'waiting' as waiting
from found
