{#- The day that validity periods are compared with; a macro so that a unit test can fix it. -#}
{% macro today() -%}
    current_date
{%- endmacro %}
