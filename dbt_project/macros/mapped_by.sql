{#- Written by ./run cli docs: the connectors that have a mapping of each table. -#}
{% macro mapped_by(table) -%}
    {{ return({
        'product_compositions': ['exact_online'],
        'products': ['exact_online', 'woocommerce'],
        'sell_order_lines': ['bol_com', 'exact_online', 'woocommerce'],
        'sell_orders': ['bol_com', 'exact_online', 'woocommerce'],
        'supplier_products': ['exact_online'],
        'suppliers': ['exact_online']
    }[table]) }}
{%- endmacro %}
