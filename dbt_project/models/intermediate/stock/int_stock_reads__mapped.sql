{{ mapped('stock_reads', ['coupling_id', 'remote_id', 'root_key', 'read_at']) }}
