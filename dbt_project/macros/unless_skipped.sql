{#- The new value of a column whose null is written; where the coupling skips the column, Optiply keeps what it has. -#}
{% macro unless_skipped(target, column) -%}
    case
        when new.coupling_id in (
            select override.coupling_id
            from platform.overrides as override
            where override.table_name = '{{ target.identifier }}' and override.column_name = '{{ column }}' and override.is_skip
        )
            then stored.{{ column }}
        else new.{{ column }}
    end
{%- endmacro %}
