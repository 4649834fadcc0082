{#- The rows of the batch that have more than one source, each field with the word of the source that ranks first and
    knows it. Couplings named for the field come first, then the owners in their order; a contributor says nothing about
    other fields. Where a source that is held ranks before those that know, the field stays as it is stored: a bad value
    is no reason to believe a worse source. A row that is not stored yet takes what the others know. -#}
{% macro merged(object) -%}
{%- set fields = consolidated_fields(object) -%}
with anchors as (
    select members.webshop_id, members.coupling_id, members.remote_id, members.match_value
    from {{ news(object, ref('int_' ~ object ~ '__members')) }} as members
    where members.anchor_coupling_id = members.coupling_id and members.anchor_remote_id = members.remote_id
),

-- A record that waits because its match is not unique is a source that is held.
sources as (
    select
        anchors.webshop_id,
        anchors.coupling_id as anchor_coupling_id,
        anchors.remote_id as anchor_remote_id,
        members.coupling_id as source_id,
        members.problem is not null or {{ is_held('unioned.problems') }} as is_held,
        ownership.priority,
        ownership.makes_rows,
        unioned.updated_at as said_at,
        {%- for field in fields %}
        unioned.{{ field }},
        {%- endfor %}
        count(*) over (partition by anchors.coupling_id, anchors.remote_id) as sources
    from anchors
    inner join {{ ref('int_' ~ object ~ '__members') }} as members
        on members.webshop_id = anchors.webshop_id
        and members.match_value = anchors.match_value
        and (
            members.problem is not null
            or members.anchor_coupling_id = anchors.coupling_id and members.anchor_remote_id = anchors.remote_id
        )
    inner join {{ ref('int_' ~ object ~ '__unioned') }} as unioned
        on unioned.coupling_id = members.coupling_id and unioned.remote_id = members.remote_id
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = members.webshop_id
        and ownership.coupling_id = members.coupling_id
        and ownership.object = '{{ object }}'
),

said as (
    select
        sources.anchor_coupling_id,
        sources.anchor_remote_id,
        sources.source_id,
        said.field,
        coalesce(rank.priority, 1000 + sources.priority) as rank,
        case when sources.is_held then to_jsonb(stored) -> said.field else said.value end as value,
        sources.is_held and stored.id is not null as is_kept
    from sources
    cross join lateral (
        values
        {%- for field in fields %}
            ('{{ field }}', to_jsonb(sources.{{ field }})){{ "," if not loop.last }}
        {%- endfor %}
    ) as said (field, value)
    left join {{ source('platform', 'field_priority') }} as rank
        on rank.webshop_id = sources.webshop_id
        and rank.object = '{{ object }}'
        and rank.field = said.field
        and rank.coupling_id = sources.source_id
    left join {{ source('optiply', object) }} as stored
        on stored.coupling_id = sources.anchor_coupling_id
        and stored.remote_id = sources.anchor_remote_id
        and stored.deleted_at is null
    where sources.sources > 1 and (sources.makes_rows or rank.priority is not null)
),

chosen as (
    select distinct on (anchor_coupling_id, anchor_remote_id, field)
        anchor_coupling_id, anchor_remote_id, field, value, source_id
    from said
    where is_kept or value is not null
    order by anchor_coupling_id, anchor_remote_id, field, rank, source_id
),

folded as (
    select
        anchor_coupling_id,
        anchor_remote_id,
        jsonb_object_agg(field, value) as fields,
        jsonb_object_agg(field, source_id) as winners
    from chosen
    group by anchor_coupling_id, anchor_remote_id
),

heard as (
    select anchor_coupling_id, anchor_remote_id, max(said_at) filter (where not is_held) as updated_at
    from sources
    group by anchor_coupling_id, anchor_remote_id
)

select
    folded.anchor_coupling_id as coupling_id,
    folded.anchor_remote_id as remote_id,
    folded.winners,
    heard.updated_at,
    {%- for field in fields %}
    typed.{{ field }}{{ "," if not loop.last }}
    {%- endfor %}
from folded
inner join heard
    on heard.anchor_coupling_id = folded.anchor_coupling_id and heard.anchor_remote_id = folded.anchor_remote_id
cross join lateral jsonb_to_record(folded.fields) as typed (
    {%- for field, type in fields.items() %}
    {{ field }} {{ type }}{{ "," if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}
