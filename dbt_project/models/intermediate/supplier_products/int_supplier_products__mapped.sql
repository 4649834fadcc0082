{{ mapped('supplier_products', [
    'webshop_id', 'coupling_id', 'remote_id', 'root_key', 'product_remote_id', 'supplier_remote_id', 'name',
    'sku_code', 'ean_code', 'article_code', 'price', 'minimum_purchase_quantity', 'lot_size', 'delivery_time',
    'weight', 'maps_preferred', 'is_main', 'status', 'created_at', 'updated_at', 'deleted_at', 'problems'
]) }}
