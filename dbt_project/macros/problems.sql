{#- The findings that hold, as text[] of severity|field|reason. `findings` is a list of [condition, problem]. -#}
{% macro problems(findings) -%}
    array_remove(array[
        {%- for condition, problem in findings %}
        case when {{ condition }} then '{{ problem }}' end{{ "," if not loop.last }}
        {%- endfor %}
    ]::text[], null)
{%- endmacro %}
