{#- The columns of an Optiply model that are attributes: what Optiply is told, not who and when. -#}
{% macro attribute_columns(rows, target) -%}
    {%- set keys = ['webshop_id', 'coupling_id', 'remote_id', 'created_at', 'updated_at', 'deleted_at'] -%}
    {%- set offered = adapter.get_columns_in_relation(rows) | map(attribute='name') | list -%}
    {%- set attributes = [] -%}
    {%- for column in adapter.get_columns_in_relation(target) -%}
        {%- if column.name in offered and column.name not in keys and not column.name.startswith('_') -%}
            {%- do attributes.append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(attributes) }}
{%- endmacro %}
