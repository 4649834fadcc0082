{#- A value in the type of the column it is written to (information_schema tells no element type of arrays). -#}
{% macro typed_as(column, value) -%}
    {%- if column.data_type == 'ARRAY' -%} {{ value }} {%- else -%} cast({{ value }} as {{ column.data_type }}) {%- endif -%}
{%- endmacro %}
