{#- The names of those text columns that hold something, but no number: an absent value and a bad one differ. -#}
{% macro unreadable(columns, prefix='doc') -%}
    array_remove(array[
        {%- for name, column in columns.items() %}
        case
            when btrim({{ prefix }}."{{ column }}") <> '' and ({{ number(prefix ~ '."' ~ column ~ '"') }}) is null
                then '{{ name }}'
        end
        {{- "," if not loop.last }}
        {%- endfor %}
    ]::text[], null)
{%- endmacro %}
