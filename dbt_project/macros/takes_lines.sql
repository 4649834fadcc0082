{#- Whether a coupling brings the lines of its orders (R15); `couplings` is its row. -#}
{% macro takes_lines(object) -%}
    coalesce({{ flag("couplings.settings ->> '" ~ object ~ ".lines'") }}, true)
{%- endmacro %}
