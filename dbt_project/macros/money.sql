{#- A price as it is stored: two decimals, half up; null below zero or above Optiply's ceiling (B20). -#}
{% macro money(column) -%}
    case when round({{ column }}, 2) between 0 and 9999999.99 then cast(round({{ column }}, 2) as numeric(11, 2)) end
{%- endmacro %}
