{{ mapped('product_compositions', [
    'webshop_id', 'coupling_id', 'remote_id', 'root_key', 'composed_remote_id', 'part_remote_id', 'part_quantity',
    'batch_quantity', 'updated_at', 'deleted_at', 'problems'
]) }}
