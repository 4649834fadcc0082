{{ config(meta={'object': 'sell_orders', 'never_update': ['placed']}) }}

-- Written after the quarantine: a line may be added to a stored order later only if it was in quarantine (B4), so that
-- has to be on record before the order is.
-- depends_on: {{ ref('quarantine') }}
select
    webshop_id,
    coupling_id,
    remote_id,
    placed,
    total_value,
    completed,
    created_at,
    updated_at,
    deleted_at
from {{ ref('int_sell_orders__consolidated') }}
where not {{ is_held('problems') }}
