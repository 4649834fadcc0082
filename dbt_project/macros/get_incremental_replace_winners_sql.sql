{#- Incremental strategy `replace_winners`: a row is written only when its winners are others; one without any goes. -#}
{% macro get_incremental_replace_winners_sql(arg_dict) -%}
    merge into {{ arg_dict['target_relation'] }} as stored
    using {{ arg_dict['temp_relation'] }} as new
    on stored.object = new.object and stored.coupling_id = new.coupling_id and stored.remote_id = new.remote_id
    when matched and new.winners is null then delete
    when matched and stored.winners <> new.winners then update set winners = new.winners, decided_at = now()
    when not matched and new.winners is not null then
        insert (object, coupling_id, remote_id, winners)
        values (new.object, new.coupling_id, new.remote_id, new.winners);
{%- endmacro %}
