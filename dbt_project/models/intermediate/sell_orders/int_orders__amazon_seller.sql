-- The orders of both generations of the API under one name: the one that the coupling uses counts, the other one only
-- for orders that have come by it alone.
with both_apis as (
    select * from {{ news('sell_orders', ref('stg_amazon_seller__orders_v0')) }} as of_v0
    union all
    select * from {{ news('sell_orders', ref('stg_amazon_seller__orders')) }} as of_2026
)

select distinct on (both_apis.coupling_id, both_apis.record_key)
    both_apis.*,
    settings.vat_basis,
    settings.vat_rate,
    settings.pull_all_orders,
    both_apis.currency <> settings.currency as is_foreign
from both_apis
inner join {{ ref('stg_amazon_seller__settings') }} as settings on settings.coupling_id = both_apis.coupling_id
order by both_apis.coupling_id, both_apis.record_key, both_apis.api = settings.orders_api desc
