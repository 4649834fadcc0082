{{ merged('products') }}
