{#- Incremental strategy `replace_changed` of the mapped tables: a row is written only when a column differs. A row of
    the batch's roots that its mapping no longer yields (an account that stopped being a supplier, a product that became
    the parent of variations, a line taken off an order) is marked deleted: what that means is decided in consolidated.
    Config `meta.object` names the object whose news the model follows. -#}
{% macro get_incremental_replace_changed_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set rows = arg_dict['temp_relation'] -%}
    {%- set names = adapter.get_columns_in_relation(rows) | map(attribute='name') | list -%}
    {%- set values = names | reject('in', ['coupling_id', 'remote_id']) | list -%}
    analyze {{ rows }};
    merge into {{ target }} as stored
    using {{ rows }} as mapped
    on stored.coupling_id = mapped.coupling_id and stored.remote_id = mapped.remote_id
    when matched
        and row({% for name in values %}stored.{{ name }}{{ ", " if not loop.last }}{% endfor %})
        is distinct from row({% for name in values %}mapped.{{ name }}{{ ", " if not loop.last }}{% endfor %})
    then update set
        {% for name in values %}{{ name }} = mapped.{{ name }}{{ ", " if not loop.last }}{% endfor %}
    when not matched then insert (
        {% for name in names %}{{ name }}{{ ", " if not loop.last }}{% endfor %}
    ) values (
        {% for name in names %}mapped.{{ name }}{{ ", " if not loop.last }}{% endfor %}
    );
    update {{ target }} as stored
    set deleted_at = date_trunc('second', now()), problems = '{}'
    from platform.transform_batch as batch
    where batch.object = '{{ config.get("meta")["object"] }}'
        and batch.taken
        and stored.coupling_id = batch.coupling_id
        and stored.root_key = batch.root_key
        and stored.deleted_at is null
        and not exists (
            select 1
            from {{ rows }} as mapped
            where mapped.coupling_id = stored.coupling_id and mapped.remote_id = stored.remote_id
        );
    select platform.analyze_grown('{{ target }}'::regclass);
{%- endmacro %}
