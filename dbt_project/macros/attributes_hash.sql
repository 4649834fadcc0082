{#- md5 over the attributes; moments are hashed in UTC, so that the zone of a session does not change the hash. -#}
{% macro attributes_hash(attributes, prefix) -%}
    md5(cast(row(
        {%- for column in attributes -%}
            {{ prefix }}.{{ column.name }}{{ " at time zone 'UTC'" if column.data_type == 'timestamp with time zone' }}
            {{- ", " if not loop.last }}
        {%- endfor -%}
    ) as text))
{%- endmacro %}
