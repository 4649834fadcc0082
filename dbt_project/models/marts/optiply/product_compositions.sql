{{ config(meta={'object': 'product_compositions', 'pair': ['composed_product_id', 'part_product_id']}) }}

select
    webshop_id,
    coupling_id,
    remote_id,
    composed_product_id,
    part_product_id,
    part_quantity,
    batch_quantity,
    updated_at,
    deleted_at
from {{ ref('int_product_compositions__consolidated') }}
where not {{ is_held('problems') }}
