{#- dbt widens a varchar(255) that meets text by adding a column and dropping the old one with cascade, which would take
    the views on it along. The tables belong to the migrations: a mapping fits its values to the column instead. -#}
{% macro postgres__alter_column_type(relation, column_name, new_column_type) -%}
{%- endmacro %}
