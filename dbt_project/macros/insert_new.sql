{#- Strategy upsert_changed: create the rows that are missing, and count them. -#}
{% macro insert_new(target, rows, attributes, rules) -%}
    {%- set offered = adapter.get_columns_in_relation(rows) | map(attribute='name') | list -%}
    {%- set has_created_at = 'created_at' in offered -%}
    with run as (
        select max(id) as id from platform.transforms where outcome is null
    ),
    missing as (
        select
            new.webshop_id,
            new.coupling_id,
            new.remote_id,
            {{ 'new.created_at' if has_created_at else 'cast(null as timestamptz)' }} as created_at,
            coalesce(new.updated_at, now()) as updated_at,
            {% for column in attributes -%}
                {%- set fallback = rules.get('defaults', {}).get(column.name) -%}
                {%- set given = 'new.' ~ column.name -%}
                {%- set value = given if fallback is none else 'coalesce(' ~ given ~ ', ' ~ fallback ~ ')' %}
            {{ typed_as(column, value) }} as {{ column.name }}{{ "," if not loop.last }}
            {% endfor %}
        from {{ rows }} as new
        where new.deleted_at is null
            and ({{ rules.get('create_when', 'true') }})
            and not exists (
                select 1
                from {{ target }} as stored
                where stored.coupling_id = new.coupling_id and stored.remote_id = new.remote_id
            )
    ),
    written as (
        insert into {{ target }} (
            webshop_id, coupling_id, remote_id, created_at, updated_at, _attributes_hash, _created_by, _changed_by,
            {% for column in attributes %}{{ column.name }}{{ ", " if not loop.last }}{% endfor %}
        )
        select
            missing.webshop_id, missing.coupling_id, missing.remote_id, missing.created_at, missing.updated_at,
            {{ attributes_hash(attributes, 'missing') }}, run.id, run.id,
            {% for column in attributes %}missing.{{ column.name }}{{ ", " if not loop.last }}{% endfor %}
        from missing
        cross join run
        returning coupling_id
    )
    insert into platform.transform_counts as counts (transform_id, coupling_id, object, inserted)
    select run.id, written.coupling_id, '{{ rules["object"] }}', count(*)
    from written
    cross join run
    where run.id is not null
    group by run.id, written.coupling_id
    on conflict (transform_id, coupling_id, object) do update
    set inserted = counts.inserted + excluded.inserted
{%- endmacro %}
