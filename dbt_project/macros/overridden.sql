{#- The rows of a mapping with what the couplings' YAML files say instead of it (R18): the one place where overrides take
    effect. They are read when the model runs, those of the couplings in the batch only; without any, the relation is
    left as it is. Expressions read the row as it was mapped, named `given`: no override sees what another one made. -#}
{% macro overridden(table, relation) -%}
    {%- set overrides = overrides_of(table, relation) -%}
    {%- if not overrides -%}
        {{ relation }}
    {%- else -%}
        {%- set changed = overrides | map(attribute='column_name') | unique | list -%}
        {#- A fixture has no entry in the catalogue; the view that it stands for has the same columns. -#}
        {%- set mapping = api.Relation.create(schema=generate_schema_name('mapping'), identifier='int_' ~ table ~ '__mapped')
            if relation.is_cte else relation -%}
        {%- set columns = adapter.get_columns_in_relation(mapping) | map(attribute='name') | list -%}
        (
            select
                {%- for column in columns %}
                {% if column in changed %}instead.{{ column }}
                {%- elif column == 'problems' -%} {{ still_true(overrides) }} || {{ without_value(overrides) }} as problems
                {%- else %}given.{{ column }}
                {%- endif %}{{ "," if not loop.last }}
                {%- endfor %}
            from {{ relation }} as given
            cross join lateral (
                select
                    {%- for column in changed %}
                    case
                        {%- for override in overrides if override.column_name == column %}
                        when given.coupling_id in ({{ override.couplings }}) then {{ override.sql }}
                        {%- endfor %}
                        else given.{{ column }}
                    end as {{ column }}{{ "," if not loop.last }}
                    {%- endfor %}
                -- Once a row: without it the planner writes the expression wherever its column is read.
                offset 0
            ) as instead
        )
    {%- endif -%}
{%- endmacro %}

{#- The mapping's problems without those of columns that it no longer fills: what is wrong with a stock that nobody takes
    must not hold the product back. An override that reads the column itself leaves them. -#}
{% macro still_true(overrides) -%}
    {%- set filled = [] -%}
    {%- for override in overrides if override.is_skip or ('given."' ~ override.column_name ~ '"') not in override.sql -%}
        {%- set has_value = '' if override.is_skip else ' and instead.' ~ override.column_name ~ ' is not null' -%}
        {%- do filled.append(
            "split_part(problem, '|', 2) = '" ~ override.column_name ~ "' and given.coupling_id in (" ~ override.couplings ~ ")" ~ has_value
        ) -%}
    {%- endfor -%}
    {%- if not filled -%}
        given.problems
    {%- else -%}
        array(
            select problem
            from unnest(given.problems) with ordinality as found (problem, position)
            where not ({{ filled | join(' or ') }})
            order by position
        )
    {%- endif -%}
{%- endmacro %}

{#- The problems of overrides that took a value away. Lines of sell orders have no `problems` before they are unioned:
    there the checks of the unioned model tell. -#}
{% macro without_value(overrides) -%}
    array_remove(array[
        {%- for override in overrides if not override.is_skip %}
        case
            when given.coupling_id in ({{ override.couplings }})
                and given.{{ override.column_name }} is not null
                and instead.{{ override.column_name }} is null
                then '{{ override.when_empty }}|{{ override.column_name }}|the override gives no value'
        end,
        {%- endfor %}
        null
    ]::text[], null)
{%- endmacro %}
