-- B6: a product with an enabled supplier product has exactly one preferred one, where the coupling maps it at all.
with live as (
    select product_id, count(*) filter (where preferred) as preferred
    from {{ ref('supplier_products') }}
    where deleted_at is null
    group by product_id
)

select * from live where preferred > 1
