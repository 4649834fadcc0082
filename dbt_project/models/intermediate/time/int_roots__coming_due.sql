-- Days on which a record means something else although nobody changed it: a price period begins or ends, an item ends.
with days as (
    select coupling_id, webshop_id, root_key, 'products' as object, cast(starts_at at time zone 'UTC' as date) as due_on
    from {{ ref('stg_exact_online__sales_item_prices') }}
    where gone_at is null

    union all

    select coupling_id, webshop_id, root_key, 'products' as object, cast(ends_at at time zone 'UTC' as date) + 1 as due_on
    from {{ ref('stg_exact_online__sales_item_prices') }}
    where gone_at is null

    union all

    select coupling_id, webshop_id, root_key, 'products' as object, cast(ends_at at time zone 'UTC' as date) + 1 as due_on
    from {{ ref('stg_exact_online__items') }}
    where gone_at is null

    union all

    select coupling_id, webshop_id, root_key, 'suppliers' as object, cast(ends_at at time zone 'UTC' as date) + 1 as due_on
    from {{ ref('stg_exact_online__accounts') }}
    where gone_at is null

    union all

    select coupling_id, webshop_id, root_key, 'supplier_products' as object, cast(ends_at at time zone 'UTC' as date) + 1 as due_on
    from {{ ref('stg_exact_online__supplier_items') }}
    where gone_at is null
)

select webshop_id, coupling_id, object, root_key, due_on
from days
where due_on is not null
