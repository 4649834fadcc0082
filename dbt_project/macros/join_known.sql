{#- Joins the stored row of the record that a child names, under `alias`: its own, or the one that it was merged into.
    Two joins by key, so that a small batch walks indexes and a large one hashes. A record that waits for its match has
    no row while its own is deleted: it was another's until now. -#}
{% macro join_known(object, alias, coupling_id, remote_id) -%}
    left join {{ ref('int_' ~ object ~ '__members') }} as {{ alias }}_member
        on {{ alias }}_member.coupling_id = {{ coupling_id }} and {{ alias }}_member.remote_id = {{ remote_id }}
    left join {{ ref(object) }} as {{ alias }}
        on {{ alias }}.coupling_id = coalesce({{ alias }}_member.anchor_coupling_id, {{ coupling_id }})
        and {{ alias }}.remote_id = coalesce({{ alias }}_member.anchor_remote_id, {{ remote_id }})
        and ({{ alias }}_member.problem is null or {{ alias }}.deleted_at is null)
{%- endmacro %}
