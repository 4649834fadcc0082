{{ mapped('buy_order_lines', [
    'webshop_id', 'coupling_id', 'remote_id', 'root_key', 'order_remote_id', 'position', 'product_remote_id',
    'quantity', 'quantity_open', 'subtotal_value', 'expected_delivery_date', 'updated_at', 'deleted_at', 'problems'
]) }}
