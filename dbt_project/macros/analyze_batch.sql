{% macro analyze_batch() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        analyze platform.transform_batch
    {%- endif -%}
{%- endmacro %}
