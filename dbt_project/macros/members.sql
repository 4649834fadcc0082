{#- The groups that the batch touches, one row per live record: records of one webshop with the same match_value are one
    Optiply row, the anchor's. The anchor is the record of the owner who comes first; a group in which that owner has
    several records stays apart, and the others wait. A record without anchor and problem is no member any more: the
    strategy `regroup` deletes it. A webshop that does not consolidate has no row here. -#}
{% macro members(object) -%}
{%- set unioned = ref('int_' ~ object ~ '__unioned') -%}
with changed as (
    select webshop_id, coupling_id, remote_id, root_key, match_value, deleted_at
    from {{ news(object, unioned) }} as rooted
    where exists (select 1 from {{ source('platform', 'consolidation') }})
        {%- if is_incremental() %} or exists (select 1 from {{ this }}){% endif %}
),

-- What is held now about the changed records: the group that a record leaves is decided again too.
known as (
    {%- if is_incremental() %}
    select stored.*
    from changed
    inner join {{ this }} as stored
        on stored.coupling_id = changed.coupling_id and stored.remote_id = changed.remote_id
    {%- else %}
    select webshop_id, coupling_id, remote_id, root_key, match_value from changed where false
    {%- endif %}
),

touched as (
    select webshop_id, match_value from changed where match_value is not null
    union
    select webshop_id, match_value from known where match_value is not null
),

present as (
    select
        unioned.webshop_id,
        unioned.coupling_id,
        unioned.remote_id,
        unioned.root_key,
        unioned.match_value,
        ownership.priority,
        ownership.makes_rows,
        count(*) over (partition by unioned.webshop_id, unioned.match_value, unioned.coupling_id) as namesakes,
        min(ownership.priority) filter (where ownership.makes_rows)
            over (partition by unioned.webshop_id, unioned.match_value) as anchor_priority
    from touched
    inner join {{ unioned }} as unioned
        on unioned.webshop_id = touched.webshop_id and unioned.match_value = touched.match_value
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = unioned.webshop_id
        and ownership.coupling_id = unioned.coupling_id
        and ownership.object = '{{ object }}'
    where unioned.deleted_at is null
),

anchored as (
    select
        present.*,
        min(coupling_id) filter (where priority = anchor_priority) over same_group as anchor_coupling_id,
        min(remote_id) filter (where priority = anchor_priority) over same_group as anchor_remote_id,
        count(*) filter (where priority = anchor_priority) over same_group as anchors
    from present
    window same_group as (partition by webshop_id, match_value)
),

-- An owner's record that has nothing to be compared by is a row of its own; a contributor's has nowhere to go.
decided as (
    select
        webshop_id,
        coupling_id,
        remote_id,
        root_key,
        match_value,
        case when priority = anchor_priority then coupling_id when anchors = 1 and namesakes = 1 then anchor_coupling_id end
            as anchor_coupling_id,
        case when priority = anchor_priority then remote_id when anchors = 1 and namesakes = 1 then anchor_remote_id end
            as anchor_remote_id,
        case
            when anchor_priority is null then 'waiting|match|no match'
            when priority > anchor_priority and (anchors > 1 or namesakes > 1) then 'waiting|match|ambiguous match'
        end as problem
    from anchored
    union all
    select
        changed.webshop_id,
        changed.coupling_id,
        changed.remote_id,
        changed.root_key,
        cast(null as text),
        cast(null as integer),
        cast(null as text),
        'waiting|match|nothing to match by'
    from changed
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = changed.webshop_id
        and ownership.coupling_id = changed.coupling_id
        and ownership.object = '{{ object }}'
        and not ownership.makes_rows
    where changed.match_value is null and changed.deleted_at is null
)

select webshop_id, coupling_id, remote_id, root_key, match_value, anchor_coupling_id, anchor_remote_id, problem
from decided
{%- if is_incremental() %}
union all
select left_behind.*, cast(null as integer), cast(null as text), cast(null as text)
from (
    select stored.webshop_id, stored.coupling_id, stored.remote_id, stored.root_key, stored.match_value
    from touched
    inner join {{ this }} as stored on stored.webshop_id = touched.webshop_id and stored.match_value = touched.match_value
    union
    select webshop_id, coupling_id, remote_id, root_key, match_value from known
) as left_behind
where not exists (
    select 1
    from decided
    where decided.coupling_id = left_behind.coupling_id and decided.remote_id = left_behind.remote_id
)
{%- endif %}
{%- endmacro %}
