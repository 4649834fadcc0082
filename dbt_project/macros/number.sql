{#- Text to numeric; null for anything but a plain decimal number. `pg_input_is_valid` alone would let NaN, Infinity,
    hexadecimals and underscores through; length and exponent are bounded so that the result stays small: what takes a
    hundred characters to write is no quantity and no price, and PostgreSQL cannot hold every number that a text can. -#}
{% macro number(text) -%}
    case when length({{ text }}) <= 100 and {{ text }} ~ '^[ \t\r\n\f\v]*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?[ \t\r\n\f\v]*$' then cast({{ text }} as numeric) end
{%- endmacro %}
