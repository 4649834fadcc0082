{#- The rows of a relation whose root is in the batch of the running transform.
    The fixture of a unit test (dbt renders it as a CTE) is taken whole, so that a test needs no batch. -#}
{% macro news(object, relation) -%}
    {%- if relation.is_cte -%}
        {{ relation }}
    {%- else -%}
        (
            select rooted.*
            from {{ relation }} as rooted
            where exists (
                select 1
                from platform.transform_batch as batch
                where batch.object = '{{ object }}'
                    and batch.taken
                    and batch.coupling_id = rooted.coupling_id
                    and batch.root_key = rooted.root_key
            )
        )
    {%- endif -%}
{%- endmacro %}
