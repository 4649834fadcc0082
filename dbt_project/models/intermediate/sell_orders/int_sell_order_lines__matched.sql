-- Each line that may still be stored, with its product or with what keeps it waiting: a primary coupling's lines name its
-- own products (which may live in the row of another coupling's), those of a secondary coupling are compared by one key with the webshop's enabled products (B14).
with candidates as (
    select * from {{ ref('int_sell_order_lines__candidates') }}
),

matched as (
    select
        candidates.*,
        coalesce(candidates.role = 'secondary' and candidates.match_key in ('ean', 'sku'), false) as is_by_code,
        coalesce(product.matches, 0) as matches,
        case when product.matches = 1 then product.id end as product_id
    from candidates
    left join {{ ref('int_products__members') }} as member
        on candidates.role = 'primary'
        and member.coupling_id = candidates.coupling_id
        and member.remote_id = candidates.product_remote_id
    left join lateral (
        select count(*) as matches, min(found.id) as id
        from (
            select products.id
            from {{ ref('products') }} as products
            where candidates.role = 'primary'
                and products.coupling_id = coalesce(member.anchor_coupling_id, candidates.coupling_id)
                and products.remote_id = coalesce(member.anchor_remote_id, candidates.product_remote_id)
                and (member.problem is null or products.deleted_at is null)
            union all
            select products.id
            from {{ ref('products') }} as products
            inner join {{ source('platform', 'ownership') }} as owner
                on owner.webshop_id = products.webshop_id
                and owner.coupling_id = products.coupling_id
                and owner.object = 'products'
                and owner.makes_rows
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
                on owner.webshop_id = products.webshop_id
                and owner.coupling_id = products.coupling_id
                and owner.object = 'products'
                and owner.makes_rows
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
                and owner.makes_rows
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
    matched.takes_lines,
    matched.problems || {{ problems([
        ["matched.is_orphan", "waiting|sell_order_id|waiting for parent"],
        ["matched.takes_lines and not matched.is_by_code and matched.product_remote_id is null", "blocked|product_id|missing"],
        ["matched.takes_lines and not matched.is_by_code and matched.product_remote_id is not null and matched.matches = 0",
            "waiting|product_id|waiting for parent"],
        ["matched.takes_lines and matched.is_by_code and matched.matches = 0", "waiting|product_id|no match"],
        ["matched.takes_lines and matched.matches > 1", "waiting|product_id|ambiguous match"],
        ["matched.takes_lines and taken.id is not null", "blocked|product_id|the order already has a line of this product"],
    ]) }} as problems
from matched
left join {{ source('optiply', 'sell_order_lines') }} as taken
    on taken.sell_order_id = matched.sell_order_id
    and taken.product_id = matched.product_id
-- The product's line that the retried run itself has stored already holds this line's quantity (B5).
where taken.id is null or coalesce(taken._created_by, 0) <= matched.last_run
