{{ magento_records('products') }}
