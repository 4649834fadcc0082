{#- A quantity as it is stored: whole units, rounded down also below zero (B20: floor), null beyond the bound. -#}
{% macro whole(column) -%}
    case when floor({{ column }}) between -9999999 and 9999999 then cast(floor({{ column }}) as integer) end
{%- endmacro %}
