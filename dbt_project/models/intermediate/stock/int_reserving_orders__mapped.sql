{{ mapped('reserving_orders', ['coupling_id', 'remote_id']) }}
