{#- Incremental strategy `replace_changed` of the mapped tables: a row is written only when a column differs. A row of
    the batch's roots that its mapping no longer yields (an account that stopped being a supplier, a product that became
    the parent of variations, a line taken off an order) is marked deleted: what that means is decided in consolidated.
    A remote id that another root holds already (a line that was moved, or two records that claim one id) goes to the
    newer record; the batch itself holds one record per id (macro `one_per_id`). Config `meta.object` names the object
    whose news the model follows. A column `heard_at` tells since when a row says what it says; that it is later now is
    no difference. -#}
{% macro get_incremental_replace_changed_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set rows = arg_dict['temp_relation'] -%}
    {%- set names = adapter.get_columns_in_relation(rows) | map(attribute='name') | list -%}
    {%- set values = names | reject('in', ['coupling_id', 'remote_id']) | list -%}
    {%- set batch -%}
        from platform.transform_batch as batch
        where batch.object = '{{ config.get("meta")["object"] }}'
            and batch.taken
            and batch.coupling_id = stored.coupling_id
            and batch.root_key = stored.root_key
    {%- endset -%}
    {%- set twice = "'warning|remote_id|more than one record, newest kept'" -%}
    {%- set compared = values | reject('equalto', 'heard_at') | list -%}
    analyze {{ rows }};
    merge into {{ target }} as stored
    using {{ rows }} as mapped
    on stored.coupling_id = mapped.coupling_id and stored.remote_id = mapped.remote_id
    when matched
        and stored.root_key <> mapped.root_key
        and stored.deleted_at is null
        and stored.updated_at >= mapped.updated_at
        and not exists (select 1 {{ batch }})
    then update set
        problems = case when {{ twice }} = any(stored.problems) then stored.problems else array_append(stored.problems, {{ twice }}) end
    when matched
        and row({% for name in compared %}stored.{{ name }}{{ ", " if not loop.last }}{% endfor %})
        is distinct from row({% for name in compared %}mapped.{{ name }}{{ ", " if not loop.last }}{% endfor %})
    then update set
        {% for name in values %}{{ name }} = mapped.{{ name }}{{ ", " if not loop.last }}{% endfor %}
    when not matched then insert (
        {% for name in names %}{{ name }}{{ ", " if not loop.last }}{% endfor %}
    ) values (
        {% for name in names %}mapped.{{ name }}{{ ", " if not loop.last }}{% endfor %}
    );
    update {{ target }} as stored
    set deleted_at = date_trunc('second', now()), problems = '{}'{{ ', heard_at = now()' if 'heard_at' in names }}
    {{ batch }}
        and stored.deleted_at is null
        and not exists (
            select 1
            from {{ rows }} as mapped
            where mapped.coupling_id = stored.coupling_id and mapped.remote_id = stored.remote_id
        );
    select platform.analyze_grown('{{ target }}'::regclass);
{%- endmacro %}
