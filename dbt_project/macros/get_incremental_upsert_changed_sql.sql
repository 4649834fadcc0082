{#- Incremental strategy `upsert_changed`: writes to an Optiply table only what differs.

    A row is found by (coupling_id, remote_id), keeps its id, and is updated when an attribute or the deleted state
    differs; `deleted_at` of the new row sets or clears the stored one. A null never overwrites a stored value (B19),
    except in the columns of `cleared_by_null`. Config `meta`:
      object           the name under which platform.transform_counts counts
      create_when      condition on `new` under which a missing row is created (a deleted one never is)
      never_update     attributes that are only written on creation
      cleared_by_null  attributes whose null is news
      defaults         value of an attribute that is null on creation
      pair             attributes with a unique index over live rows: changing rows step aside first, so that two
                       records can exchange their parents in one statement -#}
{% macro get_incremental_upsert_changed_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set rows = arg_dict['temp_relation'] -%}
    {%- set rules = config.get('meta') -%}
    {%- set attributes = attribute_columns(rows, target) -%}
    analyze {{ rows }};
    {% if rules.get('pair') -%} {{ step_aside(target, rows, rules['pair']) }}; {%- endif %}
    {{ update_changed(target, rows, attributes, rules) }};
    {{ insert_new(target, rows, attributes, rules) }};
    select platform.analyze_grown('{{ target }}'::regclass);
{%- endmacro %}


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


{% macro update_changed(target, rows, attributes, rules) -%}
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
            is distinct from row({% for column in attributes %}stored.{{ column.name }}{{ ", " if not loop.last }}{% endfor %}) as differs
        from {{ rows }} as new
        inner join {{ target }} as stored
            on stored.coupling_id = new.coupling_id and stored.remote_id = new.remote_id
        cross join lateral (
            select
                {% for column in attributes -%}
                    {%- if column.name in rules.get('never_update', []) -%} stored.{{ column.name }}
                    {%- elif column.name in rules.get('cleared_by_null', []) -%} {{ typed_as(column, 'new.' ~ column.name) }}
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
            updated_at = case when incoming.updated_at > stored.updated_at then incoming.updated_at else now() end,
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
                {{ typed_as(column, 'coalesce(new.' ~ column.name ~ ', ' ~ fallback ~ ')' if fallback is not none else 'new.' ~ column.name) }} as {{ column.name }}{{ "," if not loop.last }}
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
