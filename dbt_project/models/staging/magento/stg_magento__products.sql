{{ magento_products(source('magento', 'products')) }}
