{{ mapped('products', [
    'webshop_id', 'coupling_id', 'remote_id', 'root_key', 'name', 'sku_code', 'article_code', 'ean_code', 'price',
    'unlimited_stock', 'stock_level', 'status', 'not_being_bought', 'assembled', 'stock_measurement_unit', 'minimum_stock',
    'created_at', 'updated_at', 'deleted_at', 'problems'
]) }}
