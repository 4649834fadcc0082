{#- deleted_at of a record in a system whose coupling says whether absence counts (`deletions.full_compare`). Off, a
    gone record changes nothing in Optiply: a stored row stays what it was, deleted or not, and none is made of it.
    `stored` is the alias of the Optiply table, left joined to the record. -#}
{% macro gone_by_compare(gone_at, has_full_compare, stored) -%}
    case when {{ has_full_compare }} or {{ stored }}.id is null or {{ gone_at }} is null then {{ gone_at }} else {{ stored }}.deleted_at end
{%- endmacro %}
