{#- Before a run: what has grown since the planner last looked. Small batches then walk indexes, large ones hash. -#}
{% macro refresh_statistics() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        analyze platform.transform_batch;
        select platform.analyze_grown(tables.oid)
        from pg_class as tables
        where tables.relkind = 'r'
            and tables.relnamespace in ('staging'::regnamespace, 'mapping'::regnamespace, 'optiply'::regnamespace)
    {%- endif -%}
{%- endmacro %}
