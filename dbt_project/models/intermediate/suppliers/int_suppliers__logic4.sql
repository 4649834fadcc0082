with creditors as (
    select * from {{ news('suppliers', ref('stg_logic4__creditors')) }} as landed
)

select
    webshop_id,
    coupling_id,
    record_key as remote_id,
    root_key,
    company_name as name,
    array_remove(string_to_array(regexp_replace(coalesce(email_address, ''), '[;,\s]+', ';', 'g'), ';'), '') as emails,
    cast(null as numeric) as delivery_time,
    cast(null as text) as type,
    gln as global_location_number,
    false as ignored,
    cast(null as timestamptz) as created_at,
    cast(null as timestamptz) as updated_at,
    gone_at as deleted_at,
    cast('{}' as text[]) as problems
from creditors
