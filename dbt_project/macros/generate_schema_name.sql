{#- A model's schema is the one it names: the schemas are part of the contract and carry no target prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
