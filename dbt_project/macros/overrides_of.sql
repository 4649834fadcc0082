{#- The overrides of a table for the couplings in the batch; those of several couplings that say the same are one entry.
    Fields: couplings ('12, 13'), column_name, sql, is_skip, when_empty. A unit test gives its own list of them with
    `overrides: {macros: {overrides_of: […]}}`; without that its fixture is taken as it is. -#}
{% macro overrides_of(table, relation) -%}
    {%- if not execute or relation.is_cte -%}
        {{ return([]) }}
    {%- endif -%}
    {%- set found = run_query(
        "select string_agg(coupling_id::text, ', ' order by coupling_id) as couplings, column_name, sql, is_skip, when_empty"
        ~ " from platform.overrides as override"
        ~ " where table_name = '" ~ table ~ "' and exists ("
        ~ "   select from platform.transform_batch as batch"
        ~ "   where batch.object = override.object and batch.taken and batch.coupling_id = override.coupling_id)"
        ~ " group by column_name, sql, is_skip, when_empty order by column_name, sql"
    ) -%}
    {%- set overrides = [] -%}
    {%- for row in found.rows -%}
        {%- do overrides.append({
            'couplings': row['couplings'], 'column_name': row['column_name'], 'sql': row['sql'],
            'is_skip': row['is_skip'], 'when_empty': row['when_empty'],
        }) -%}
    {%- endfor -%}
    {{ return(overrides) }}
{%- endmacro %}
