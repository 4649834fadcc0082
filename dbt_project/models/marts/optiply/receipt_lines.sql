{{ config(meta={'object': 'receipt_lines'}) }}

select
    webshop_id,
    coupling_id,
    remote_id,
    buy_order_line_id,
    quantity,
    occurred,
    updated_at,
    deleted_at
from {{ ref('int_receipt_lines__resolved') }}
where not {{ is_held('problems') }}
