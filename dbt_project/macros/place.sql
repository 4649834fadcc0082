{#- A line's number as a bigint; only the order of lines follows from it, so a number out of any range is the last one. -#}
{% macro place(number) -%}
    cast(least(greatest(floor({{ number }}), -1e15), 1e15) as bigint)
{%- endmacro %}
