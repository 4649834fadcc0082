-- The lines that may still be stored, each with its product or with what keeps it waiting. Stored lines are never
-- changed or removed by a later edit of the order, and a line that is added later is left out (B4) - unless it was in
-- quarantine when its order was stored. What a failed run has done already does not count as seen: its batch is retried.
with settled as (
    select
        coalesce(max(id), 0) as id,
        coalesce(max(finished_at), '-infinity') as finished_at
    from (
        select id, finished_at
        from {{ source('platform', 'transforms') }}
        where outcome = 'succeeded'
        order by id desc
        limit 1
    ) as last_run
),

lines as (
    select * from {{ news('sell_orders', ref('int_sell_order_lines__unioned')) }} as rooted
),

orders as (
    select * from {{ news('sell_orders', ref('int_sell_orders__unioned')) }} as rooted
),

candidates as (
    select
        lines.*,
        orders.remote_id is null as is_orphan,
        stored.id as sell_order_id,
        couplings.match_key,
        couplings.role,
        settled.id as last_run
    from lines
    cross join settled
    inner join {{ source('platform', 'couplings') }} as couplings on couplings.id = lines.coupling_id
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = lines.webshop_id
        and ownership.coupling_id = lines.coupling_id
        and ownership.object = 'sell_orders'
    left join orders on orders.coupling_id = lines.coupling_id and orders.remote_id = lines.order_remote_id
    left join {{ source('optiply', 'sell_orders') }} as stored
        on stored.coupling_id = lines.coupling_id and stored.remote_id = lines.order_remote_id
    where lines.deleted_at is null
        and (orders.remote_id is null or orders.is_in_scope and orders.deleted_at is null and not {{ is_held('orders.problems') }})
        and not exists (
            select 1
            from {{ source('optiply', 'sell_order_lines') }} as stored_line
            where stored_line.coupling_id = lines.coupling_id and stored_line.remote_id = lines.remote_id
        )
        -- An order without any stored line is not finished: a run may have stopped between the order and its lines.
        and (
            not exists (select 1 from {{ source('optiply', 'sell_order_lines') }} as any_line where any_line.sell_order_id = stored.id and any_line.deleted_at is null)
            or exists (
                select 1
                from {{ source('platform', 'quarantine') }} as known
                where known.coupling_id = lines.coupling_id
                    and known.object = 'sell_order_lines'
                    and known.remote_id = lines.remote_id
                    and known.severity = 'blocked'
                    and known.root_key is not null
                    and (known.resolved_at is null or known.resolved_at > settled.finished_at)
            )
        )
),

matched as (
    select
        candidates.*,
        coalesce(candidates.role = 'secondary' and candidates.match_key in ('ean', 'sku'), false) as is_by_code,
        coalesce(product.matches, 0) as matches,
        case when product.matches = 1 then product.id end as product_id
    from candidates
    left join lateral (
        select count(*) as matches, min(found.id) as id
        from (
            select products.id
            from {{ ref('products') }} as products
            where candidates.role = 'primary'
                and products.coupling_id = candidates.coupling_id
                and products.remote_id = candidates.product_remote_id
            union all
            -- B14: enabled products of the couplings that bring the webshop's products, by one key.
            select products.id
            from {{ ref('products') }} as products
            inner join {{ source('platform', 'ownership') }} as owner
                on owner.webshop_id = products.webshop_id and owner.coupling_id = products.coupling_id and owner.object = 'products'
            where candidates.role = 'secondary'
                and candidates.match_key = 'ean'
                and products.webshop_id = candidates.webshop_id
                and platform.gtin(products.ean_code) = platform.gtin(candidates.product_ean)
                and products.deleted_at is null
                and products.status = 'enabled'
            union all
            select products.id
            from {{ ref('products') }} as products
            inner join {{ source('platform', 'ownership') }} as owner
                on owner.webshop_id = products.webshop_id and owner.coupling_id = products.coupling_id and owner.object = 'products'
            where candidates.role = 'secondary'
                and candidates.match_key = 'sku'
                and products.webshop_id = candidates.webshop_id
                and platform.sku(products.sku_code) = platform.sku(candidates.product_sku)
                and products.deleted_at is null
                and products.status = 'enabled'
            union all
            select products.id
            from {{ source('platform', 'ownership') }} as owner
            inner join {{ ref('products') }} as products
                on products.coupling_id = owner.coupling_id and products.remote_id = candidates.product_remote_id
            where candidates.role = 'secondary'
                and coalesce(candidates.match_key, 'remote_id') = 'remote_id'
                and owner.webshop_id = candidates.webshop_id
                and owner.object = 'products'
                and products.deleted_at is null
                and products.status = 'enabled'
        ) as found
    ) as product on true
)

select
    matched.webshop_id,
    matched.coupling_id,
    matched.remote_id,
    matched.root_key,
    matched.order_remote_id,
    matched.position,
    matched.product_id,
    matched.quantity,
    matched.subtotal_value,
    matched.updated_at,
    matched.problems || {{ problems([
        ["matched.is_orphan", "waiting|sell_order_id|waiting for parent"],
        ["not matched.is_by_code and matched.product_remote_id is null", "blocked|product_id|missing"],
        ["not matched.is_by_code and matched.product_remote_id is not null and matched.matches = 0", "waiting|product_id|waiting for parent"],
        ["matched.is_by_code and matched.matches = 0", "waiting|product_id|no match"],
        ["matched.matches > 1", "waiting|product_id|ambiguous match"],
        ["taken.id is not null", "blocked|product_id|the order already has a line of this product"],
    ]) }} as problems
from matched
left join {{ source('optiply', 'sell_order_lines') }} as taken
    on taken.sell_order_id = matched.sell_order_id
    and taken.product_id = matched.product_id
    and taken.deleted_at is null
-- The product's line that the retried run itself has stored already holds this line's quantity (B5).
where taken.id is null or coalesce(taken._created_by, 0) <= matched.last_run
