with suppliers as (
    select * from {{ news('suppliers', ref('stg_lightspeed_ecom__suppliers')) }} as landed
)

select
    webshop_id,
    coupling_id,
    record_key as remote_id,
    root_key,
    coalesce(title, record_key) as name,
    cast(null as text[]) as emails,
    cast(null as numeric) as delivery_time,
    cast(null as text) as type,
    cast(null as text) as global_location_number,
    false as ignored,
    created_at,
    updated_at,
    gone_at as deleted_at,
    cast('{}' as text[]) as problems
from suppliers
