-- The unit an item is kept in, of couplings that convert units; `factor` is null where the item's unit stays as it is.
select
    items.coupling_id,
    items.record_key as item,
    {{ number('settings.unit_factors ->> items.unit') }} as factor,
    case when settings.unit_factors ? items.unit then settings.unit_names ->> items.unit else items.unit end as measurement_unit
from {{ ref('stg_exact_online__items') }} as items
inner join {{ ref('stg_exact_online__settings') }} as settings on settings.coupling_id = items.coupling_id and settings.has_units
