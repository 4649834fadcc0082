{{ mapped('receipt_lines', [
    'webshop_id', 'coupling_id', 'remote_id', 'root_key', 'buy_order_line_remote_id', 'quantity', 'maps_returns',
    'occurred', 'updated_at', 'deleted_at', 'problems'
]) }}
