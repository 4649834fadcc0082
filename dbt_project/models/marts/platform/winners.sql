{{ config(incremental_strategy='replace_winners') }}

{#- Who won which field, per row of the batch with more than one source; null for a row that has one source now. -#}
{% set objects = ['products', 'suppliers'] %}

{%- for object in objects %}
select '{{ object }}' as object, coupling_id, remote_id, winners
from {{ ref('int_' ~ object ~ '__merged') }}
union all
select known.object, known.coupling_id, known.remote_id, cast(null as jsonb)
from {{ this }} as known
inner join {{ news(object, ref('int_' ~ object ~ '__unioned')) }} as mapped
    on mapped.coupling_id = known.coupling_id and mapped.remote_id = known.remote_id
where known.object = '{{ object }}'
    and not exists (
        select 1
        from {{ ref('int_' ~ object ~ '__merged') }} as merged
        where merged.coupling_id = known.coupling_id and merged.remote_id = known.remote_id
    )
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
