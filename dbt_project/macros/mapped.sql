{#- The rows of one table as the connectors map it, all with the same columns; `mapped_by` names the connectors. -#}
{% macro mapped(table, columns) -%}
    {%- for connector in mapped_by(table) %}
select {{ columns | join(', ') }} from {{ ref('int_' ~ table ~ '__' ~ connector) }}
        {%- if not loop.last %}
union all
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
