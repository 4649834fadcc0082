{{ merged('suppliers') }}
