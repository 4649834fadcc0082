{#- dbt makes a table's indexes with the table. At a deployment (a run of everything) this makes those that a model has got
    since; a transform, which selects models, spares the look. -#}
{% macro ensure_indexes() -%}
    {%- if execute and model.config.materialized == 'incremental' and not invocation_args_dict.get('select') -%}
    {%- for index in model.config.get('indexes', []) %}
    do $$
    begin
        if not exists (
            select from pg_index as present
            where present.indrelid = '{{ this }}'::regclass
                and array(
                    select attribute.attname::text
                    from unnest(present.indkey::smallint[]) with ordinality as key (number, place)
                    inner join pg_attribute as attribute
                        on attribute.attrelid = present.indrelid and attribute.attnum = key.number
                    order by key.place
                ) = array['{{ index["columns"] | join("', '") }}']
        ) then
            create {{ 'unique' if index.get('unique') }} index on {{ this }} ({{ index['columns'] | join(', ') }});
        end if;
    end $$;
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
