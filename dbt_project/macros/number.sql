{#- Text to numeric; null for anything but a plain decimal number. `pg_input_is_valid` alone would let NaN, Infinity,
    hexadecimals and underscores through; the digits of the exponent are bounded so that the result stays small. -#}
{% macro number(text) -%}
    case when {{ text }} ~ '^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?\s*$' then cast({{ text }} as numeric) end
{%- endmacro %}
