with suppliers as (
    select * from {{ news('suppliers', ref('stg_<<connector>>__suppliers')) }} as landed
)

select
    suppliers.webshop_id,
    suppliers.coupling_id,
    suppliers.record_key as remote_id,
    suppliers.root_key,
    suppliers.name,
    array_remove(array[suppliers.email], null) as emails,
    suppliers.lead_days as delivery_time,
    cast(null as text) as type,
    cast(null as text) as global_location_number,
    false as ignored,
    suppliers.created_at,
    suppliers.modified_at as updated_at,
    suppliers.gone_at as deleted_at,
    cast('{}' as text[]) as problems
from suppliers
