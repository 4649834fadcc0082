{{ mapped('sell_orders', [
    'webshop_id', 'coupling_id', 'remote_id', 'root_key', 'placed', 'completed', 'is_in_scope', 'created_at',
    'updated_at', 'deleted_at', 'problems'
]) }}
