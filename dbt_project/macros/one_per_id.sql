{#- The rows of a relation with their `place` among those of the same id, 1 = the one that counts: there before gone,
    then the newest (B20). Two rows of one id would stop the transform of everybody. -#}
{% macro one_per_id(relation, then_by='root_key', id='remote_id') -%}
    select
        {{ relation }}.*,
        row_number() over same_id as place,
        count(*) over (partition by coupling_id, {{ id }}) as copies
    from {{ relation }}
    window same_id as (
        partition by coupling_id, {{ id }}
        order by deleted_at is not null, updated_at desc nulls last, {{ then_by }}
    )
{%- endmacro %}
