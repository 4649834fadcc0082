{#- The records of the batch as rows: the anchor of a group with the fields of all its sources, every other record as its
    coupling gives it. `is_kept_back` = not written: a problem holds it, or it lives in the row of another record and has
    none of its own. One that still has a row of its own is deleted there (B3), and comes back when its group dissolves. -#}
{% macro consolidated(object, deleted) -%}
{%- set fields = consolidated_fields(object) -%}
with mapped as (
    select * from {{ news(object, ref('int_' ~ object ~ '__unioned')) }} as rooted
),

placed as (
    select
        mapped.webshop_id,
        mapped.coupling_id,
        mapped.remote_id,
        mapped.root_key,
        {%- for field in fields %}
        case when merged.remote_id is null then mapped.{{ field }} else merged.{{ field }} end as {{ field }},
        {%- endfor %}
        mapped.created_at,
        coalesce(merged.updated_at, mapped.updated_at) as updated_at,
        mapped.deleted_at,
        array_remove(array_append(mapped.problems, member.problem), null) as problems,
        {{ is_held('mapped.problems') }} as is_held,
        not ownership.makes_rows or member.problem is not null as is_without_row,
        merged.remote_id is not null as is_merged,
        coalesce((member.anchor_coupling_id, member.anchor_remote_id) <> (mapped.coupling_id, mapped.remote_id), false)
            as is_of_another
    from mapped
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = mapped.webshop_id
        and ownership.coupling_id = mapped.coupling_id
        and ownership.object = '{{ object }}'
    left join {{ ref('int_' ~ object ~ '__members') }} as member
        on member.coupling_id = mapped.coupling_id and member.remote_id = mapped.remote_id
    left join {{ ref('int_' ~ object ~ '__merged') }} as merged
        on merged.coupling_id = mapped.coupling_id and merged.remote_id = mapped.remote_id
),

settled as (
    select
        placed.*,
        case
            when is_of_another or is_merged and is_held then exists (
                select 1
                from {{ source('optiply', object) }} as stored
                where stored.coupling_id = placed.coupling_id
                    and stored.remote_id = placed.remote_id
                    and stored.deleted_at is null
            )
        end as is_stored
    from placed
)

select
    webshop_id,
    coupling_id,
    remote_id,
    root_key,
    {%- for field in fields %}
    {%- if field == deleted[0] %}
    case when deleted_at is not null or is_of_another then {{ deleted[1] }} else {{ field }} end as {{ field }},
    {%- else %}
    {{ field }},
    {%- endif %}
    {%- endfor %}
    created_at,
    updated_at,
    case when is_of_another then coalesce(deleted_at, date_trunc('second', now())) else deleted_at end as deleted_at,
    problems,
    case
        when is_of_another or is_merged and is_held then not is_stored
        else is_held or is_without_row
    end as is_kept_back
from settled
{%- endmacro %}
