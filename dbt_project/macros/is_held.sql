{#- True when a problem keeps the row out of the Optiply table; warnings do not. -#}
{% macro is_held(problems) -%}
    (array_to_string({{ problems }}, e'\n') ~ '(^|\n)(blocked|waiting)\|')
{%- endmacro %}
