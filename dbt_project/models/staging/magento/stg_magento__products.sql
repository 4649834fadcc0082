{{ magento_products('products') }}
