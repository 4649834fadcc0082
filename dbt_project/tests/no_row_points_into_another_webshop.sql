-- Invariant 9: tenants never mix.
{% set pointers = [
    ['supplier_products', 'product_id', 'products'],
    ['supplier_products', 'supplier_id', 'suppliers'],
    ['product_compositions', 'composed_product_id', 'products'],
    ['product_compositions', 'part_product_id', 'products'],
    ['sell_order_lines', 'sell_order_id', 'sell_orders'],
    ['sell_order_lines', 'product_id', 'products'],
    ['buy_orders', 'supplier_id', 'suppliers'],
    ['buy_order_lines', 'buy_order_id', 'buy_orders'],
    ['buy_order_lines', 'product_id', 'products'],
    ['receipt_lines', 'buy_order_line_id', 'buy_order_lines'],
] -%}
{% for table, column, parent in pointers -%}
select '{{ table }}.{{ column }}' as pointer, child.id, child.webshop_id, parent.webshop_id as parent_webshop_id
from {{ ref(table) }} as child
inner join {{ ref(parent) }} as parent on parent.id = child.{{ column }}
where child.webshop_id <> parent.webshop_id
{{- "\nunion all\n" if not loop.last }}
{%- endfor %}
