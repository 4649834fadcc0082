{{ mapped('suppliers', [
    'webshop_id', 'coupling_id', 'remote_id', 'root_key', 'name', 'emails', 'delivery_time', 'type',
    'global_location_number', 'ignored', 'created_at', 'updated_at', 'deleted_at', 'problems'
]) }}
