{{ mapped('sell_order_lines', [
    'webshop_id', 'coupling_id', 'remote_id', 'root_key', 'order_remote_id', 'position', 'product_remote_id',
    'product_ean', 'product_sku', 'quantity', 'subtotal_value', 'updated_at', 'deleted_at'
]) }}
