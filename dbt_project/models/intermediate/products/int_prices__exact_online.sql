-- The selling price of each item today: the general one of one piece, or the one of the coupling's price list. Of several
-- that are valid the one that started last; a special offer (type 2) comes before the basic price of a list.
with general as (
    select distinct on (listed.coupling_id, listed.root_key)
        listed.coupling_id,
        listed.root_key,
        listed.price,
        'price' = any(listed.unreadable) as is_unreadable
    from {{ news('products', ref('stg_exact_online__sales_item_prices')) }} as listed
    where listed.gone_at is null
        and listed.account is null
        and coalesce(listed.quantity, 1) = 1
        and coalesce(cast(listed.starts_at at time zone 'UTC' as date) <= {{ today() }}, true)
        and coalesce(cast(listed.ends_at at time zone 'UTC' as date) >= {{ today() }}, true)
    order by
        listed.coupling_id,
        listed.root_key,
        listed.starts_at desc nulls last,
        listed.modified_at desc nulls last,
        listed.record_key
),

in_list as (
    select distinct on (listed.coupling_id, listed.root_key) listed.*
    from {{ news('products', ref('stg_exact_online__price_list_prices')) }} as listed
    inner join {{ ref('stg_exact_online__settings') }} as settings
        on settings.coupling_id = listed.coupling_id and settings.is_of_price_list and settings.price_list = listed.price_list
    inner join {{ ref('stg_exact_online__price_list_periods') }} as period
        on period.coupling_id = listed.coupling_id and period.record_key = listed.period and period.gone_at is null
    where listed.gone_at is null
        and coalesce(listed.quantity, 1) <= 1
        and coalesce(cast(period.starts_at at time zone 'UTC' as date) <= {{ today() }}, true)
        and coalesce(cast(period.ends_at at time zone 'UTC' as date) >= {{ today() }}, true)
    order by
        listed.coupling_id,
        listed.root_key,
        period.type desc nulls last,
        period.starts_at desc nulls last,
        listed.modified_at desc nulls last,
        listed.record_key
),

-- Method 2 gives a new price; a discount is a share of the list's own base price, or of the general price without one.
priced as (
    select
        coupling_id,
        root_key,
        in_list.record_key is not null as is_in_list,
        general.is_unreadable,
        general.price as general_price,
        case
            when in_list.entry_method = 2 then in_list.new_price
            else (1 - in_list.discount)
                * case when in_list.base_price is not null then in_list.base_price_amount else general.price end
        end / case when in_list.items_per_unit > 0 then in_list.items_per_unit else 1 end as list_price,
        case
            when in_list.entry_method = 2 then in_list.new_price is null
            when in_list.discount is null then true
            when in_list.base_price is not null then in_list.base_price_amount is null
            else coalesce(general.is_unreadable, false)
        end as is_list_price_unreadable
    from general
    full join in_list using (coupling_id, root_key)
)

select
    coupling_id,
    root_key,
    case when is_in_list then list_price else general_price end as price,
    case when is_in_list then is_list_price_unreadable else is_unreadable end as is_unreadable
from priced
