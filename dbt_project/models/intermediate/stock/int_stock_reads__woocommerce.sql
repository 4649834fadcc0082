-- The stock of a variation may be that of its parent.
with products as (
    select * from {{ news('products', ref('stg_woocommerce__products')) }} as landed
),

variations as (
    select * from {{ news('products', ref('stg_woocommerce__variations')) }} as landed
)

select coupling_id, record_key as remote_id, root_key, landed_at as read_at
from products

union all

select
    variations.coupling_id,
    variations.record_key as remote_id,
    variations.root_key,
    case when variations.is_stock_of_parent then greatest(variations.landed_at, parent.landed_at) else variations.landed_at end
        as read_at
from variations
left join products as parent on parent.coupling_id = variations.coupling_id and parent.record_key = variations.root_key
