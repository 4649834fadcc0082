{#- The key of a table that all couplings share: no two rows of a coupling with the same value. -#}
{% test unique_within_coupling(model, column_name) %}
with keys as (
    select coupling_id, {{ column_name }} as key from {{ model }} where {{ column_name }} is not null
)

select coupling_id, key
from keys
group by coupling_id, key
having count(*) > 1
{% endtest %}
