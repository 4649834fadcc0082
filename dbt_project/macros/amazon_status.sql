{#- An order's status in one spelling for both generations of the API: v0 writes PartiallyShipped and Canceled,
    2026-01-01 PARTIALLY_SHIPPED and CANCELLED. -#}
{% macro amazon_status(text) -%}
    replace(replace(upper(btrim({{ text }})), '_', ''), 'CANCELLED', 'CANCELED')
{%- endmacro %}
