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
    {#- Who writes, for the triggers of orders that Optiply placed. #}
    set local optiply.writer = 'transform';
    analyze {{ rows }};
    {% if rules.get('pair') -%}
    {{ step_aside(target, rows, rules['pair']) }};
    {#- A pair that passes from one record to another is free before it is taken. -#}
    {{ update_changed(target, rows, attributes, rules, only='new.deleted_at is not null') }};
    {{ update_changed(target, rows, attributes, rules, only='new.deleted_at is null') }};
    {%- else -%}
    {{ update_changed(target, rows, attributes, rules) }};
    {%- endif %}
    {#- A table that was empty when it was last vacuumed is taken for one that can be read whole for every new row, and
        then it grows under the reading: a first build would take the square of its rows. #}
    set local enable_seqscan = off;
    {{ insert_new(target, rows, attributes, rules) }};
    set local enable_seqscan = on;
    select platform.analyze_grown('{{ target }}'::regclass);
{%- endmacro %}
