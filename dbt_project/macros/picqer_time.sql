{#- Picqer's "2026-05-01 10:00:00" or "2026-05-01" to a timestamp without zone, in whole seconds; a text with an offset
    is none of these, for the offset would be cut off. `at time zone settings.time_zone` makes it a UTC moment.
    The hour from 2 to 3 that comes twice in autumn is taken for the second one, winter time, which is how PostgreSQL
    reads it: so `updated_at` is never earlier than the change, and nobody who asks for later changes misses it. -#}
{% macro picqer_time(text) -%}
    case
        when {{ text }} ~ '^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$' and pg_input_is_valid({{ text }}, 'timestamp')
            then date_trunc('second', cast({{ text }} as timestamp))
    end
{%- endmacro %}
