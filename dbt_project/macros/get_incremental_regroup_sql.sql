{#- Incremental strategy `regroup` of the members: writes what differs, and lets the running batch follow. All members of
    a touched group become news: what one of them says can change the row of another. So do the records that name one
    whose row is now another. The batch keeps these roots until the transform succeeded, so a retry sees the same.

    Config `meta`: `object`, and `children`: [model, its object, its columns that name a record]. The model must come
    after them (depends_on): a mapped table whose batch grows while it is written would take the new roots for gone. -#}
{% macro get_incremental_regroup_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set rows = arg_dict['temp_relation'] -%}
    {%- set rules = config.get('meta') -%}
    {%- set values = ['webshop_id', 'root_key', 'match_value', 'anchor_coupling_id', 'anchor_remote_id', 'problem'] -%}
    analyze {{ rows }};
    with moved as (
        select new.coupling_id, new.remote_id
        from {{ rows }} as new
        left join {{ target }} as old on old.coupling_id = new.coupling_id and old.remote_id = new.remote_id
        where (coalesce(new.anchor_coupling_id, new.coupling_id), coalesce(new.anchor_remote_id, new.remote_id))
            <> (coalesce(old.anchor_coupling_id, new.coupling_id), coalesce(old.anchor_remote_id, new.remote_id))
    ),
    following as (
        select '{{ rules["object"] }}' as object, coupling_id, root_key, webshop_id from {{ rows }}
        {%- for model, object, columns in rules['children'] %}
        {%- for column in columns %}
        union
        select '{{ object }}', children.coupling_id, children.root_key, children.webshop_id
        from moved
        inner join {{ ref(model) }} as children
            on children.coupling_id = moved.coupling_id and children.{{ column }} = moved.remote_id
        {%- endfor %}
        {%- endfor %}
    )
    insert into platform.transform_batch (object, coupling_id, root_key, webshop_id)
    select object, coupling_id, root_key, webshop_id
    from following
    -- The members of two objects are written side by side: in one order, neither waits for the other in a circle.
    order by object, coupling_id, root_key
    on conflict do nothing;
    merge into {{ target }} as stored
    using {{ rows }} as new
    on stored.coupling_id = new.coupling_id and stored.remote_id = new.remote_id
    when matched and new.anchor_coupling_id is null and new.problem is null then delete
    when matched
        and row({% for name in values %}stored.{{ name }}{{ ", " if not loop.last }}{% endfor %})
        is distinct from row({% for name in values %}new.{{ name }}{{ ", " if not loop.last }}{% endfor %})
    then update set
        {% for name in values %}{{ name }} = new.{{ name }}{{ ", " if not loop.last }}{% endfor %}
    when not matched and (new.anchor_coupling_id is not null or new.problem is not null) then insert (
        coupling_id, remote_id, {{ values | join(', ') }}
    ) values (
        new.coupling_id, new.remote_id, {% for name in values %}new.{{ name }}{{ ", " if not loop.last }}{% endfor %}
    );
    analyze platform.transform_batch;
    select platform.analyze_grown('{{ target }}'::regclass);
{%- endmacro %}
