{#- Text on one line and trimmed; an empty text is an absent one. -#}
{% macro filled(text) -%}
    nullif(btrim(regexp_replace({{ text }}, '[\r\n]+', ' ', 'g')), '')
{%- endmacro %}
