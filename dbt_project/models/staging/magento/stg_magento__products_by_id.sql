{{ magento_products(source('magento', 'products_by_id')) }}
