{{ config(meta={
    'object': 'products',
    'create_when': "new.status = 'enabled'",
    'cleared_by_null': ['sku_code', 'ean_code'],
    'defaults': {'unlimited_stock': 'false', 'stock_level': '0', 'not_being_bought': 'false', 'assembled': 'false'},
}) }}

-- A new product that arrives disabled is not created. A code that was taken off a product must not go on matching
-- order lines: the two match keys are the attributes whose null is written (an exception to B19).
select
    webshop_id,
    coupling_id,
    remote_id,
    name,
    sku_code,
    article_code,
    ean_code,
    price,
    unlimited_stock,
    stock_level,
    status,
    not_being_bought,
    assembled,
    stock_measurement_unit,
    minimum_stock,
    created_at,
    updated_at,
    deleted_at
from {{ ref('int_products__consolidated') }}
where not is_kept_back
