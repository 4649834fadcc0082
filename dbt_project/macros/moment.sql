{#- ISO-8601 text to a UTC moment in whole seconds. The offset is converted, never cut off; "None", "NaT" and "now" are
    no dates (E4.6), nor is a date with something behind it, which PostgreSQL may take for the name of a zone. `zone` is the
    zone of a text that carries none, e.g. 'Z' for WooCommerce's *_gmt fields. -#}
{% macro moment(text, zone='') -%}
    {%- set local = '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?)?' -%}
    {%- set offset = ' ?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)' -%}
    case
        when {{ text }} ~ '{{ local }}{{ '(' ~ offset ~ ')?' if not zone }}\s*$'
            and pg_input_is_valid({{ text }} || '{{ zone }}', 'timestamptz')
            then date_trunc('second', cast({{ text }} || '{{ zone }}' as timestamptz))
        {%- if zone %}
        when {{ text }} ~ '{{ local }}{{ offset }}\s*$' and pg_input_is_valid({{ text }}, 'timestamptz')
            then date_trunc('second', cast({{ text }} as timestamptz))
        {%- endif %}
    end
{%- endmacro %}
