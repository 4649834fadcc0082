-- Days on which a record means something else although nobody changed it: a price period begins or ends, an item ends.
-- A period of price lists belongs to other roots than the prices in it: it takes effect on the day after it landed (`told_at`).
with periods as (
    select coupling_id, webshop_id, root_key, 'products' as object, starts_at, ends_at, cast(null as timestamptz) as told_at
    from {{ ref('stg_exact_online__sales_item_prices') }}
    where gone_at is null

    union all

    select coupling_id, webshop_id, root_key, 'products' as object, null as starts_at, ends_at, null as told_at
    from {{ ref('stg_exact_online__items') }}
    where gone_at is null

    union all

    select coupling_id, webshop_id, root_key, 'suppliers' as object, null as starts_at, ends_at, null as told_at
    from {{ ref('stg_exact_online__accounts') }}
    where gone_at is null

    union all

    select coupling_id, webshop_id, root_key, 'supplier_products' as object, null as starts_at, ends_at, null as told_at
    from {{ ref('stg_exact_online__supplier_items') }}
    where gone_at is null

    union all

    select listed.coupling_id, listed.webshop_id, listed.root_key, 'products', period.starts_at, period.ends_at, period.landed_at
    from {{ ref('stg_exact_online__price_list_periods') }} as period
    inner join {{ ref('stg_exact_online__price_list_prices') }} as listed
        on listed.coupling_id = period.coupling_id and listed.period = period.record_key and listed.gone_at is null

    union all

    select coupling_id, webshop_id, root_key, 'supplier_products' as object, starts_at, ends_at, null as told_at
    from {{ ref('stg_exact_online__purchase_item_prices') }}
    where gone_at is null
)

-- The last day still counts: what ends means something else on the day after.
select periods.webshop_id, periods.coupling_id, periods.object, periods.root_key, days.due_on
from periods
cross join lateral (
    values
        (cast(periods.starts_at at time zone 'UTC' as date)),
        (cast(periods.ends_at at time zone 'UTC' as date) + 1),
        (cast(periods.told_at at time zone 'UTC' as date) + 1)
) as days (due_on)
where days.due_on is not null
