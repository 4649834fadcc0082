-- One row per composed product and part; a part that is listed twice is needed as often as both say. Parts of a product
-- that is no composition any more stay landed, because nothing asks for them: its type decides, if it is a known one.
with parts as (
    select * from {{ news('product_compositions', ref('stg_picqer__product_parts')) }} as landed
),

products as (
    select * from {{ news('product_compositions', ref('stg_picqer__products')) }} as landed
),

lines as (
    select
        parts.webshop_id,
        parts.coupling_id,
        parts.root_key,
        parts.idproduct,
        parts.amount,
        products.updated,
        coalesce(
            parts.gone_at,
            products.gone_at,
            case
                when products.type in ('normal', 'unlimited_stock')
                    then greatest(parts.landed_at, products.landed_at)
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
        idproduct,
        case when not bool_or(removed_at is null and amount is null) then sum(amount) filter (where removed_at is null) end
            as amount,
        max(updated) as updated,
        case when bool_and(removed_at is not null) then max(removed_at) end as removed_at
    from lines
    group by webshop_id, coupling_id, root_key, idproduct
)

select
    grouped.webshop_id,
    grouped.coupling_id,
    grouped.root_key || '_' || coalesce(grouped.idproduct, '') as remote_id,
    grouped.root_key,
    grouped.root_key as composed_remote_id,
    grouped.idproduct as part_remote_id,
    grouped.amount as part_quantity,
    cast(null as numeric) as batch_quantity,
    grouped.updated at time zone settings.time_zone as updated_at,
    date_trunc('second', grouped.removed_at) as deleted_at,
    cast('{}' as text[]) as problems
from grouped
inner join {{ ref('stg_picqer__settings') }} as settings on settings.coupling_id = grouped.coupling_id
