with source as (
    select * from {{ source('platform', 'couplings') }} where connector = 'woocommerce'
)

select
    source.webshop_id,
    source.id as coupling_id,
    coalesce({{ flag("source.settings ->> 'sell_orders.pull_all_orders'") }}, false) as pull_all_orders,
    coalesce({{ flag("source.settings ->> 'deletions.full_compare'") }}, false) as has_full_compare,
    nullif(btrim(source.settings ->> 'ean.meta_key'), '') as ean_meta_key,
    -- Percent; 0 where the shop stores net prices.
    case
        when source.settings ->> 'vat_basis' = 'gross'
            then greatest(coalesce({{ number("source.settings ->> 'vat_rate'") }}, 21), 0)
        else 0
    end as price_vat_rate
from source
