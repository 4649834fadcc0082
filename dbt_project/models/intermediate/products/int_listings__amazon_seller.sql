-- The listings of the source that the coupling takes its products from, one row per SKU and marketplace.
with both_sources as (
    select reported.*, 'report' as source
    from {{ news('products', ref('stg_amazon_seller__listings')) }} as reported
    union all
    select listed.*, 'listings' as source
    from {{ news('products', ref('stg_amazon_seller__listing_items')) }} as listed
)

select both_sources.*
from both_sources
inner join {{ ref('stg_amazon_seller__settings') }} as settings
    on settings.coupling_id = both_sources.coupling_id and settings.products_source = both_sources.source
