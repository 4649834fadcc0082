{#- Strategy upsert_changed: rows whose pair changes leave the unique index over live rows until they are written. -#}
{% macro step_aside(target, rows, pair) -%}
    update {{ target }} as stored
    set deleted_at = now()
    from {{ rows }} as new
    where stored.coupling_id = new.coupling_id
        and stored.remote_id = new.remote_id
        and stored.deleted_at is null
        and new.deleted_at is null
        and ({% for name in pair %}new.{{ name }} <> stored.{{ name }}{{ " or " if not loop.last }}{% endfor %})
{%- endmacro %}
