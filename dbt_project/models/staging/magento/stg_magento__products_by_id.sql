{{ magento_products('products_by_id') }}
