{{ config(meta={
    'object': 'suppliers',
    'defaults': {'emails': "'{}'", 'type': "'vendor'", 'ignored': 'false'},
}) }}

select
    webshop_id,
    coupling_id,
    remote_id,
    name,
    emails,
    delivery_time,
    type,
    global_location_number,
    ignored,
    created_at,
    updated_at,
    deleted_at
from {{ ref('int_suppliers__consolidated') }}
where not is_kept_back
