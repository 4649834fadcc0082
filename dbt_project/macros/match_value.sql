{#- What a record is compared by with those of the webshop's other couplings; null where the webshop does not ask for it.
    `keys` says per match_key how its value is compared. Needs platform.consolidation joined as `consolidation`. -#}
{% macro match_value(keys) -%}
    case consolidation.match_key
        {%- for key, value in keys.items() %}
        when '{{ key }}' then {{ value }}
        {%- endfor %}
    end
{%- endmacro %}
