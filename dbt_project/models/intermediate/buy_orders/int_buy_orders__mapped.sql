{{ mapped('buy_orders', [
    'webshop_id', 'coupling_id', 'remote_id', 'root_key', 'supplier_remote_id', 'supplier_name', 'placed', 'completed',
    'completes_by_receipt', 'expected_delivery_date', 'assembly', 'reference', 'created_at', 'updated_at', 'deleted_at',
    'problems'
]) }}
