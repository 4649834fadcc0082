with mapped as (
    select * from {{ news('suppliers', ref('int_suppliers__unioned')) }} as rooted
)

select
    mapped.webshop_id,
    mapped.coupling_id,
    mapped.remote_id,
    mapped.root_key,
    mapped.name,
    mapped.emails,
    mapped.delivery_time,
    mapped.type,
    mapped.global_location_number,
    -- A supplier that is gone stays in Optiply, ignored (B3).
    mapped.deleted_at is not null or mapped.ignored as ignored,
    mapped.created_at,
    mapped.updated_at,
    mapped.deleted_at,
    mapped.problems
from mapped
inner join {{ source('platform', 'ownership') }} as ownership
    on ownership.webshop_id = mapped.webshop_id
    and ownership.coupling_id = mapped.coupling_id
    and ownership.object = 'suppliers'
