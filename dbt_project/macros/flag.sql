{#- Text to boolean; remotes send true, "true", 1 and "1" for the same thing. Anything else is unknown. -#}
{% macro flag(text) -%}
    case lower(btrim({{ text }})) when 'true' then true when '1' then true when 'false' then false when '0' then false end
{%- endmacro %}
