{#- The contract of an Optiply table: a mart writes only columns that are described, each with its type. Unlike dbt's own
    check this one lets a described column be missing: the platform fills ids and times of pushes, and some attributes
    have no source yet. It is made at deploy; a transform (`--select`) runs the same SQL, and need not pay for it again. -#}
{% macro postgres__get_assert_columns_equivalent(sql) -%}
    {%- if not invocation_args_dict.get('select') -%}
        {%- set described = {} -%}
        {%- for column in get_column_schema_from_query(get_empty_schema_sql(model['columns'])) -%}
            {%- do described.update({column.name: column.dtype}) -%}
        {%- endfor -%}
        {%- set breaches = [] -%}
        {%- for column in get_column_schema_from_query(sql) if described.get(column.name) != column.dtype -%}
            {%- do breaches.append(column.name ~ ' is ' ~ column.dtype ~ ', described as ' ~ described.get(column.name, 'nothing')) -%}
        {%- endfor -%}
        {%- if breaches -%}
            {%- do exceptions.raise_compiler_error('contract of ' ~ this.identifier ~ ' broken: ' ~ breaches | join('; ')) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
