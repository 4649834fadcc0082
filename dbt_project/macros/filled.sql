{#- Text on one line and trimmed, also of tabs and of spaces that are not U+0020; an empty text is an absent one. A list
    or an object where a text belongs is no text: jsonb_to_record gives its JSON, which would become somebody's name. -#}
{% macro filled(text) -%}
    nullif(btrim(regexp_replace(regexp_replace({{ text }}, '^(\{["}]|\[(["{[\]]|null|true|false|-?[0-9.]+, )).*$', ''), '[\r\n]+', ' ', 'g'), e' \t\f\v\u00a0\u2002\u2003\u2009\u200a\u200b\u202f\u3000\ufeff'), '')
{%- endmacro %}
