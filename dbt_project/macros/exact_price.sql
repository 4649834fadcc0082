{#- A price per unit an item is kept in, as one per unit it is converted to: two decimals; below half a cent there is none. -#}
{% macro exact_price(price, factor) -%}
    case
        when {{ factor }} is null or {{ price }} = 0 then {{ price }}
        else nullif(round({{ price }} / {{ factor }}, 2), 0)
    end
{%- endmacro %}
