select coupling_id, record_key as remote_id, root_key, landed_at as read_at
from {{ news('products', ref('stg_picqer__products')) }} as products
