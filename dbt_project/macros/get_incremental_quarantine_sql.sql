{#- Incremental strategy `quarantine`: the problems of the batch's roots as they are now. A known problem counts one more
    attempt and reopens when it had been solved; an open problem of a root in the batch that is no longer found is
    resolved. Rows that landing wrote have no root_key and are left alone. -#}
{% macro get_incremental_quarantine_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set rows = arg_dict['temp_relation'] -%}
    analyze {{ rows }};
    insert into {{ target }} as known
        (webshop_id, coupling_id, object, remote_id, root_key, field, reason, severity, waiting)
    select webshop_id, coupling_id, object, remote_id, root_key, field, reason, severity, waiting
    from {{ rows }}
    on conflict (coupling_id, object, remote_id, field, reason) do update
    set
        root_key = excluded.root_key,
        severity = excluded.severity,
        waiting = excluded.waiting,
        attempts = known.attempts + 1,
        last_seen_at = now(),
        resolved_at = null
    where known.root_key is not null;
    update {{ target }} as known
    set resolved_at = now()
    from platform.transform_batch as batch
    where batch.taken
        and known.resolved_at is null
        and known.coupling_id = batch.coupling_id
        and known.root_key = batch.root_key
        and batch.object = case known.object
            when 'sell_order_lines' then 'sell_orders' when 'buy_order_lines' then 'buy_orders' else known.object
        end
        and not exists (
            select 1
            from {{ rows }} as found
            where found.coupling_id = known.coupling_id
                and found.object = known.object
                and found.remote_id = known.remote_id
                and found.field = known.field
                and found.reason = known.reason
        );
{%- endmacro %}
