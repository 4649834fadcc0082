-- The supplier products of every product that a root of the batch touches: which one is preferred depends on all of
-- them, so siblings outside the batch come along. So do those of a changed product: they may be called after it.
with batch as (
    select coupling_id, remote_id, product_remote_id
    from {{ news('supplier_products', ref('int_supplier_products__unioned')) }} as rooted
),

-- The product that a record names now and the one it belonged to before.
named as (
    select coupling_id, product_remote_id
    from batch
    union
    select products.coupling_id, products.remote_id
    from batch
    inner join {{ source('optiply', 'supplier_products') }} as stored
        on stored.coupling_id = batch.coupling_id and stored.remote_id = batch.remote_id
    inner join {{ ref('products') }} as products on products.id = stored.product_id
    union
    select changed.coupling_id, changed.remote_id
    from {{ news('products', ref('int_products__unioned')) }} as changed
),

-- What other couplings call the same product: their records are siblings too.
touched as (
    select coupling_id, product_remote_id
    from named
    union
    select other.coupling_id, other.remote_id
    from named
    inner join {{ ref('int_products__members') }} as member
        on member.coupling_id = named.coupling_id and member.remote_id = named.product_remote_id
    inner join {{ ref('int_products__members') }} as other
        on other.anchor_coupling_id = member.anchor_coupling_id and other.anchor_remote_id = member.anchor_remote_id
),

mapped as (
    select unioned.*
    from touched
    inner join {{ ref('int_supplier_products__unioned') }} as unioned
        on unioned.coupling_id = touched.coupling_id and unioned.product_remote_id = touched.product_remote_id
    union all
    select unioned.*
    from batch
    inner join {{ ref('int_supplier_products__unioned') }} as unioned
        on unioned.coupling_id = batch.coupling_id and unioned.remote_id = batch.remote_id
    where batch.product_remote_id is null
),

joined as (
    select
        mapped.*,
        ownership.priority,
        products.id as product_id,
        products.name as product_name,
        suppliers.id as supplier_id,
        stored.product_id as stored_product_id,
        stored.supplier_id as stored_supplier_id,
        stored.id is not null and stored.deleted_at is null as is_stored_live,
        coalesce(stored.status = 'enabled' and stored.deleted_at is null, false) as is_stored_enabled,
        coalesce(stored.preferred and stored.deleted_at is null, false) as is_stored_preferred,
        case
            when mapped.deleted_at is not null then '{}'
            else mapped.problems || {{ problems([
                ["products.id is null and mapped.product_remote_id is not null", "waiting|product_id|waiting for parent"],
                ["suppliers.id is null and mapped.supplier_remote_id is not null", "waiting|supplier_id|waiting for parent"],
                ["pair.id is not null", "waiting|supplier_id|another record holds this product and supplier"],
            ]) }}
        end as all_problems
    from mapped
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = mapped.webshop_id
        and ownership.coupling_id = mapped.coupling_id
        and ownership.object = 'supplier_products'
    {{ join_known('products', 'products', 'mapped.coupling_id', 'mapped.product_remote_id') }}
    {{ join_known('suppliers', 'suppliers', 'mapped.coupling_id', 'mapped.supplier_remote_id') }}
    left join {{ source('optiply', 'supplier_products') }} as stored
        on stored.coupling_id = mapped.coupling_id and stored.remote_id = mapped.remote_id
    -- A live row of the same pair whose record is not among these (it is held with another product): it keeps the pair.
    left join {{ source('optiply', 'supplier_products') }} as pair
        on pair.product_id = products.id
        and pair.supplier_id = suppliers.id
        and pair.deleted_at is null
        and not exists (
            select 1 from mapped as other where other.coupling_id = pair.coupling_id and other.remote_id = pair.remote_id
        )
)

select *, {{ is_held('all_problems') }} as is_held
from joined
