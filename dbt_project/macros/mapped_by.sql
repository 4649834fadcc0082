{#- Written by ./run cli docs: the connectors that have a mapping of each table. -#}
{% macro mapped_by(table) -%}
    {{ return({
        'buy_order_lines': ['exact_online', 'logic4', 'picqer'],
        'buy_orders': ['exact_online', 'logic4', 'picqer'],
        'product_compositions': ['exact_online', 'logic4', 'magento', 'picqer'],
        'products': ['amazon_seller', 'bigcommerce', 'exact_online', 'lightspeed_ecom', 'logic4', 'magento', 'picqer', 'woocommerce'],
        'receipt_lines': ['exact_online', 'logic4', 'picqer'],
        'sell_order_lines': ['amazon_seller', 'bigcommerce', 'bol_com', 'exact_online', 'lightspeed_ecom', 'logic4', 'magento', 'picqer', 'woocommerce'],
        'sell_orders': ['amazon_seller', 'bigcommerce', 'bol_com', 'exact_online', 'lightspeed_ecom', 'logic4', 'magento', 'picqer', 'woocommerce'],
        'reserving_orders': ['picqer', 'woocommerce'],
        'stock_reads': ['picqer', 'woocommerce'],
        'supplier_products': ['exact_online', 'lightspeed_ecom', 'logic4', 'picqer'],
        'suppliers': ['exact_online', 'lightspeed_ecom', 'logic4', 'picqer']
    }[table]) }}
{%- endmacro %}
