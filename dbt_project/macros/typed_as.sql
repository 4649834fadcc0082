{#- A value in the type of the column it is written to. -#}
{% macro typed_as(column, value) -%}
    cast({{ value }} as {{ column.data_type }})
{%- endmacro %}
