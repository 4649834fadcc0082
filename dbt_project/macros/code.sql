{#- A code as it is stored: a code that does not fit is left out, since a cut match key matches wrongly (B20). -#}
{% macro code(column) -%}
    case when length({{ column }}) <= 255 then {{ column }} end
{%- endmacro %}
