{#- Picqer's "2026-05-01 10:00:00" or "2026-05-01" to a timestamp without zone, in whole seconds; a text with an offset
    is none of these, for the offset would be cut off. `at time zone settings.time_zone` makes it a UTC moment. -#}
{% macro picqer_time(text) -%}
    case
        when {{ text }} ~ '^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$' and pg_input_is_valid({{ text }}, 'timestamp')
            then date_trunc('second', cast({{ text }} as timestamp))
    end
{%- endmacro %}
