with parts as (
    select * from {{ news('product_compositions', ref('stg_<<connector>>__product_compositions')) }} as landed
)

select
    parts.webshop_id,
    parts.coupling_id,
    parts.record_key as remote_id,
    parts.root_key,
    parts.composed_id as composed_remote_id,
    parts.part_id as part_remote_id,
    parts.quantity as part_quantity,
    cast(null as numeric) as batch_quantity,
    parts.modified_at as updated_at,
    parts.gone_at as deleted_at,
    {{ problems([
        ["'part_quantity' = any(parts.unreadable)", "blocked|part_quantity|not a number"],
    ]) }} as problems
from parts
