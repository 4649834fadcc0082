{#- Exact Online's "/Date(1641034800000)/" (milliseconds since 1970, UTC) to a moment in whole seconds. -#}
{% macro exact_moment(text) -%}
    case
        when {{ text }} ~ '^/Date\(-?\d{1,14}\)/$'
            then timestamptz '1970-01-01 00:00:00+00'
                + floor(cast(substring({{ text }} from '-?\d+') as numeric) / 1000)::bigint * interval '1 second'
    end
{%- endmacro %}
