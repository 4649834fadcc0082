{#- Strategy upsert_changed: write the stored rows that differ, of those for which `only` holds, and count them. -#}
{% macro update_changed(target, rows, attributes, rules, only='true') -%}
    with run as (
        select max(id) as id from platform.transforms where outcome is null
    ),
    incoming as (
        select
            stored.id,
            new.coupling_id,
            new.updated_at,
            new.deleted_at,
            final.*,
            {{ attributes_hash(attributes, 'final') }} as attributes_hash,
            new.deleted_at is not null and stored.deleted_at is null as is_deleted,
            (new.deleted_at is null) <> (stored.deleted_at is null)
            or row({% for column in attributes %}final.{{ column.name }}{{ ", " if not loop.last }}{% endfor %})
            is distinct from row({% for column in attributes %}stored.{{ column.name }}{{ ", " if not loop.last }}{% endfor %})
                as differs
        from {{ rows }} as new
        inner join {{ target }} as stored
            on stored.coupling_id = new.coupling_id and stored.remote_id = new.remote_id and {{ only }}
        cross join lateral (
            select
                {% for column in attributes -%}
                    {%- if column.name in rules.get('never_update', []) -%} stored.{{ column.name }}
                    {%- elif column.name in rules.get('cleared_by_null', []) -%} {{ typed_as(column, unless_skipped(target, column.name)) }}
                    {%- else -%} {{ typed_as(column, 'coalesce(new.' ~ column.name ~ ', stored.' ~ column.name ~ ')') }}
                    {%- endif %} as {{ column.name }}{{ "," if not loop.last }}
                {% endfor %}
        ) as final
    ),
    written as (
        update {{ target }} as stored
        set
            {% for column in attributes -%}
                {{ column.name }} = incoming.{{ column.name }},
            {% endfor -%}
            {#- The replication key has to move with every change, also one that the source's own clock does not show. -#}
            updated_at = case
                when incoming.updated_at > stored.updated_at then incoming.updated_at
                else greatest(now(), stored.updated_at + interval '1 second')
            end,
            deleted_at = case when incoming.deleted_at is not null then coalesce(stored.deleted_at, incoming.deleted_at) end,
            _attributes_hash = incoming.attributes_hash,
            _changed_by = run.id
        from incoming
        cross join run
        where stored.id = incoming.id and incoming.differs
    )
    insert into platform.transform_counts as counts (transform_id, coupling_id, object, updated, deleted, untouched)
    select
        run.id,
        incoming.coupling_id,
        '{{ rules["object"] }}',
        count(*) filter (where incoming.differs and not incoming.is_deleted),
        count(*) filter (where incoming.is_deleted),
        count(*) filter (where not incoming.differs)
    from incoming
    cross join run
    where run.id is not null
    group by run.id, incoming.coupling_id
    on conflict (transform_id, coupling_id, object) do update
    set
        updated = counts.updated + excluded.updated,
        deleted = counts.deleted + excluded.deleted,
        untouched = counts.untouched + excluded.untouched
{%- endmacro %}
