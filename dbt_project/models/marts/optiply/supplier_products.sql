{{ config(meta={
    'object': 'supplier_products',
    'cleared_by_null': ['minimum_purchase_quantity', 'lot_size'],
    'defaults': {'preferred': 'false'},
    'pair': ['product_id', 'supplier_id'],
}) }}

-- A lot or a minimum that the source took away has to go here as well: an old one would go on inflating every order
-- (an exception to B19; null behaves as 1).
select
    webshop_id,
    coupling_id,
    remote_id,
    product_id,
    supplier_id,
    name,
    sku_code,
    ean_code,
    article_code,
    price,
    minimum_purchase_quantity,
    lot_size,
    delivery_time,
    weight,
    preferred,
    status,
    created_at,
    updated_at,
    deleted_at
from {{ ref('int_supplier_products__consolidated') }}
where not {{ is_held('problems') }}
