{#- The fields of an object that can come from another source than its base record, with their types. -#}
{% macro consolidated_fields(object) -%}
    {{ return({
        'products': {
            'name': 'text', 'sku_code': 'text', 'article_code': 'text', 'ean_code': 'text', 'price': 'numeric',
            'unlimited_stock': 'boolean', 'stock_level': 'integer', 'status': 'text', 'not_being_bought': 'boolean',
            'assembled': 'boolean', 'stock_measurement_unit': 'text', 'minimum_stock': 'integer',
        },
        'suppliers': {
            'name': 'text', 'emails': 'text[]', 'delivery_time': 'smallint', 'type': 'text',
            'global_location_number': 'text', 'ignored': 'boolean',
        },
    }[object]) }}
{%- endmacro %}
