{#- A table under contract belongs to the migrations (decision 0007): dbt adds no column to it, and need not look for one
    in each run. For the others (`append_new_columns` of the unioned tables) dbt's own. -#}
{% macro postgres__process_schema_changes(on_schema_change, source_relation, target_relation) -%}
    {%- if config.get('contract').enforced -%}
        {{ return({}) }}
    {%- endif -%}
    {{ return(default__process_schema_changes(on_schema_change, source_relation, target_relation)) }}
{%- endmacro %}
