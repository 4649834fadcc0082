{% macro is_bad_price(column) -%}
    round({{ column }}, 2) not between 0 and 9999999.99
{%- endmacro %}
