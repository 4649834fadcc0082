-- The product is the variant; title, visibility and supplier stand on its parent, whose changes do not touch the variant
-- (B18). The parent's id is the root of both, so a change of either maps all of them.
with variants as (
    select * from {{ news('products', ref('stg_lightspeed_ecom__variants')) }} as landed
),

parents as (
    select * from {{ news('products', ref('stg_lightspeed_ecom__products')) }} as landed
),

joined as (
    select
        variants.*,
        parents.record_key is null as is_waiting,
        parents.title as parent_title,
        parents.visibility,
        parents.updated_at as parent_updated_at,
        parents.gone_at as parent_gone_at,
        -- Stock behind an indicator is counted like any other; only the shop's visitors do not see the number.
        coalesce(variants.stock_tracking = 'disabled', false) as is_untracked
    from variants
    left join parents
        on parents.coupling_id = variants.coupling_id and parents.record_key = variants.root_key
)

select
    joined.webshop_id,
    joined.coupling_id,
    joined.record_key as remote_id,
    joined.root_key,
    nullif(concat_ws(' ', joined.parent_title, joined.title), '') as name,
    joined.sku as sku_code,
    joined.article_code,
    joined.ean as ean_code,
    joined.price_excl as price,
    joined.is_untracked as unlimited_stock,
    case when not joined.is_untracked then joined.stock_level end as stock_level,
    case when joined.visibility = 'hidden' and not settings.has_hidden_enabled then 'disabled' else 'enabled' end as status,
    cast(null as boolean) as not_being_bought,
    false as assembled,
    cast(null as text) as stock_measurement_unit,
    case when settings.has_minimum_stock then joined.stock_minimum end as minimum_stock,
    joined.created_at,
    greatest(joined.updated_at, joined.parent_updated_at) as updated_at,
    coalesce(joined.gone_at, joined.parent_gone_at) as deleted_at,
    {{ problems([
        ["joined.is_waiting", "waiting|name|waiting for parent"],
        ["'price' = any(joined.unreadable)", "warning|price|not a number"],
        ["not joined.is_untracked and joined.stock_level is null", "blocked|stock_level|stock is unknown"],
    ]) }} as problems
from joined
inner join {{ ref('stg_lightspeed_ecom__settings') }} as settings on settings.coupling_id = joined.coupling_id
