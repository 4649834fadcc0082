{#- Whether a coupling takes buy orders back from where it sends them; `couplings` is its row. -#}
{% macro is_two_way() -%}
    coalesce({{ flag("couplings.settings ->> 'buy_orders.two_way'") }}, true)
{%- endmacro %}
