with recursive mapped as (
    select * from {{ news('product_compositions', ref('int_product_compositions__unioned')) }} as rooted
),

resolved as (
    select
        mapped.*,
        composed.id as composed_product_id,
        part.id as part_product_id,
        coalesce(
            stored.deleted_at is null and stored.composed_product_id = composed.id and stored.part_product_id = part.id, false
        ) as is_stored,
        case
            when mapped.deleted_at is not null then '{}'
            else mapped.problems || {{ problems([
                ["composed.id is null", "waiting|composed_product_id|waiting for parent"],
                ["part.id is null and mapped.part_remote_id is not null", "waiting|part_product_id|waiting for parent"],
            ]) }}
        end as all_problems
    from mapped
    inner join {{ source('platform', 'ownership') }} as ownership
        on ownership.webshop_id = mapped.webshop_id
        and ownership.coupling_id = mapped.coupling_id
        and ownership.object = 'product_compositions'
    {{ join_known('products', 'composed', 'mapped.coupling_id', 'mapped.composed_remote_id') }}
    {{ join_known('products', 'part', 'mapped.coupling_id', 'mapped.part_remote_id') }}
    left join {{ source('optiply', 'product_compositions') }} as stored
        on stored.coupling_id = mapped.coupling_id and stored.remote_id = mapped.remote_id
),

-- The edges that come new with this batch, or now join other products than they are stored with, oldest first: the one
-- that closes a circle is the latest (B9).
edges as materialized (
    select
        coupling_id,
        remote_id,
        composed_product_id,
        part_product_id,
        row_number() over (order by updated_at nulls first, coupling_id, remote_id) as age
    from resolved
    where deleted_at is null and not is_stored and not {{ is_held('all_problems') }}
),

removed as materialized (
    select coupling_id, remote_id from resolved where deleted_at is not null
    union all
    select coupling_id, remote_id from edges
),

-- Every product inside the part of a new edge: down the stored compositions and the older new edges. An edge that was
-- itself refused still counts as older, which can only refuse more: data with one circle has to be looked at anyway.
-- `union` stops at a product already reached, so a circle that is stored cannot run for ever.
contents (age, product_id) as (
    select age, part_product_id from edges
    union
    select contents.age, below.part_product_id
    from contents
    cross join lateral (
        select stored.part_product_id
        from {{ source('optiply', 'product_compositions') }} as stored
        where stored.composed_product_id = contents.product_id
            and stored.deleted_at is null
            and (stored.coupling_id, stored.remote_id) not in (select coupling_id, remote_id from removed)
        union all
        select older.part_product_id
        from edges as older
        where older.composed_product_id = contents.product_id and older.age < contents.age
    ) as below
),

circles as (
    select distinct edges.coupling_id, edges.remote_id
    from edges
    inner join contents on contents.age = edges.age and contents.product_id = edges.composed_product_id
)

select
    resolved.webshop_id,
    resolved.coupling_id,
    resolved.remote_id,
    resolved.root_key,
    resolved.composed_product_id,
    resolved.part_product_id,
    resolved.part_quantity,
    resolved.batch_quantity,
    resolved.updated_at,
    resolved.deleted_at,
    resolved.all_problems || {{ problems([
        ["circles.remote_id is not null", "waiting|part_product_id|cycle"],
    ]) }} as problems
from resolved
left join circles on circles.coupling_id = resolved.coupling_id and circles.remote_id = resolved.remote_id
