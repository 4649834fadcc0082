{#- The values of a setting that is a list, as trimmed texts; `source` is the coupling's row. -#}
{% macro chosen(setting) -%}
    array(
        select btrim(item.value #>> '{}')
        from jsonb_path_query(source.settings -> '{{ setting }}', '$[*]') as item (value)
        where btrim(item.value #>> '{}') <> ''
    )
{%- endmacro %}
