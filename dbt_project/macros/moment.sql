{#- ISO-8601 text to a UTC moment in whole seconds. The offset is converted, never cut off; "None", "NaT" and "now" are
    no dates (E4.6). `zone` is the zone of a text that carries none, e.g. 'Z' for WooCommerce's *_gmt fields. -#}
{% macro moment(text, zone='') -%}
    case
        when {{ text }} ~ '^\d{4}-\d{2}-\d{2}' and pg_input_is_valid({{ text }} || '{{ zone }}', 'timestamptz')
            then date_trunc('second', cast({{ text }} || '{{ zone }}' as timestamptz))
    end
{%- endmacro %}
