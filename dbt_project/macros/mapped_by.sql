{#- Written by ./run cli docs: the connectors that have a mapping of each table. -#}
{% macro mapped_by(table) -%}
    {{ return({
        'buy_order_lines': ['exact_online', 'picqer'],
        'buy_orders': ['exact_online', 'picqer'],
        'product_compositions': ['exact_online', 'picqer'],
        'products': ['exact_online', 'lightspeed_ecom', 'picqer', 'woocommerce'],
        'receipt_lines': ['exact_online', 'picqer'],
        'sell_order_lines': ['bol_com', 'exact_online', 'lightspeed_ecom', 'picqer', 'woocommerce'],
        'sell_orders': ['bol_com', 'exact_online', 'lightspeed_ecom', 'picqer', 'woocommerce'],
        'supplier_products': ['exact_online', 'lightspeed_ecom', 'picqer'],
        'suppliers': ['exact_online', 'lightspeed_ecom', 'picqer']
    }[table]) }}
{%- endmacro %}
