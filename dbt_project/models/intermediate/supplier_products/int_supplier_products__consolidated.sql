with resolved as (
    select * from {{ ref('int_supplier_products__resolved') }}
),

-- One live row per product and supplier. A held record keeps the pair it is stored with; among the others the owner
-- who comes first speaks, of its records the one that already stands for the pair, else the newest. The rest counts as deleted until it is their turn.
paired as (
    select
        resolved.*,
        row_number() over (
            partition by
                case when is_held then stored_product_id else product_id end,
                case when is_held then stored_supplier_id else supplier_id end,
                case when is_held then is_stored_live else deleted_at is null end
            order by
                is_held desc,
                priority,
                stored_product_id is not distinct from product_id and stored_supplier_id is not distinct from supplier_id desc,
                updated_at desc nulls last,
                remote_id
        ) as place
    from resolved
),

settled as (
    select
        paired.*,
        deleted_at is null and not is_held and place > 1 as is_duplicate,
        case when is_held then is_stored_enabled else deleted_at is null and place = 1 and status = 'enabled' end
            as is_candidate
    from paired
),

-- B6. A held record can't be written: while its stored row is the preferred one, no other may become it.
ranked as (
    select
        settled.*,
        row_number() over (
            partition by case when is_held then stored_product_id else product_id end, is_candidate
            order by
                is_held and is_stored_preferred desc,
                is_held,
                is_main desc,
                is_stored_preferred desc,
                price > 0 desc nulls last,
                price,
                delivery_time,
                remote_id
        ) as preference
    from settled
)

select
    webshop_id,
    coupling_id,
    remote_id,
    root_key,
    product_id,
    supplier_id,
    coalesce(name, product_name) as name,
    sku_code,
    ean_code,
    article_code,
    price,
    minimum_purchase_quantity,
    lot_size,
    delivery_time,
    weight,
    case when maps_preferred then is_candidate and preference = 1 end as preferred,
    -- A supplier product that is gone stays in Optiply, disabled (B3).
    case when deleted_at is not null or is_duplicate then 'disabled' else status end as status,
    created_at,
    updated_at,
    case when is_duplicate then date_trunc('second', now()) else deleted_at end as deleted_at,
    all_problems || {{ problems([
        ["is_duplicate", "warning|supplier_id|another record holds this product and supplier"],
    ]) }} as problems
from ranked
