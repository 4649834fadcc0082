{#- An id as it is kept in an index, which has no room for texts of any length: one that is too long for Optiply keeps its
    beginning and a hash of all of it. Where the remote gave none, it is known by the record that it came with. -#}
{% macro identifier(column, otherwise=none) -%}
    {%- set id = column if otherwise is none else 'coalesce(' ~ column ~ ', ' ~ otherwise ~ ')' -%}
    case when length({{ id }}) > 255 then left({{ id }}, 200) || ' … ' || md5({{ id }}) else {{ id }} end
{%- endmacro %}
