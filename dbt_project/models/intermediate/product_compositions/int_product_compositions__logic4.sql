-- One row per composed or assembled product and part. A product that is no set any more is not asked for its parts, so
-- its own record tells that they are gone.
with parts as (
    select landed.*, true as is_of_composed
    from {{ news('product_compositions', ref('stg_logic4__composed_parts')) }} as landed
    union all
    select landed.*, false
    from {{ news('product_compositions', ref('stg_logic4__assembly_parts')) }} as landed
),

products as (
    select * from {{ news('product_compositions', ref('stg_logic4__products')) }} as landed
),

-- A product that is both is sold as what it is composed of.
lines as (
    select
        parts.*,
        products.changed_at,
        coalesce(
            parts.gone_at,
            products.gone_at,
            case
                when parts.is_of_composed and products.is_composed is false then products.landed_at
                when not parts.is_of_composed and (products.is_composed or products.is_assembly is false)
                    then products.landed_at
            end
        ) as removed_at
    from parts
    left join products on products.coupling_id = parts.coupling_id and products.record_key = parts.root_key
),

grouped as (
    select
        webshop_id,
        coupling_id,
        root_key,
        part_id,
        sum(quantity) filter (where removed_at is null) as quantity,
        bool_or(removed_at is null and quantity is null) as is_unreadable,
        max(changed_at) as changed_at,
        case when bool_and(removed_at is not null) then max(removed_at) end as removed_at
    from lines
    group by webshop_id, coupling_id, root_key, part_id
)

select
    webshop_id,
    coupling_id,
    root_key || '_' || coalesce(part_id, '') as remote_id,
    root_key,
    root_key as composed_remote_id,
    part_id as part_remote_id,
    case when not is_unreadable then quantity end as part_quantity,
    cast(null as numeric) as batch_quantity,
    changed_at as updated_at,
    removed_at as deleted_at,
    cast('{}' as text[]) as problems
from grouped
