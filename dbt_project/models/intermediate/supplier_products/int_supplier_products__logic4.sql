-- What a supplier asks stands with the supplier, everything else of the purchase with the product: 1 and 10 are the
-- product statuses that Logic4 does not buy (API page, section 10).
with suppliers as (
    select * from {{ news('supplier_products', ref('stg_logic4__product_suppliers')) }} as landed
),

products as (
    select * from {{ news('supplier_products', ref('stg_logic4__products')) }} as landed
),

joined as (
    select
        suppliers.*,
        products.buy_price,
        products.min_buy_amount,
        products.buy_count_increment,
        products.status_id,
        coalesce(products.unreadable, '{}') as unreadable,
        settings.price_source,
        settings.has_moq,
        settings.has_lot_size,
        settings.has_preferred,
        own.price as own_price,
        coalesce(own.is_unreadable, false) as is_own_price_unreadable
    from suppliers
    inner join {{ ref('stg_logic4__settings') }} as settings on settings.coupling_id = suppliers.coupling_id
    left join products on products.coupling_id = suppliers.coupling_id and products.record_key = suppliers.root_key
    -- The price from one piece on; a price from more pieces on is not what one piece costs.
    left join lateral (
        select
            min({{ number("item.price ->> 'Value'") }}) as price,
            bool_or(({{ number("item.price ->> 'Value'") }}) is null) as is_unreadable
        from jsonb_path_query(suppliers.buy_prices, '$[*] ? (@.type() == "object")') as item (price)
        where item.price ->> 'Key' = '1'
    ) as own on true
)

select
    webshop_id,
    coupling_id,
    root_key || '_' || creditor_id as remote_id,
    root_key,
    root_key as product_remote_id,
    creditor_id as supplier_remote_id,
    cast(null as text) as name,
    creditor_product_code as sku_code,
    cast(null as text) as ean_code,
    cast(null as text) as article_code,
    case price_source when 'buy_price' then buy_price when 'creditor_buy_price' then own_price end as price,
    case when has_moq then min_buy_amount end as minimum_purchase_quantity,
    case when has_lot_size then buy_count_increment end as lot_size,
    cast(null as numeric) as delivery_time,
    cast(null as numeric) as weight,
    has_preferred as maps_preferred,
    coalesce(is_active, false) as is_main,
    case when status_id in ('1', '10') then 'disabled' else 'enabled' end as status,
    cast(null as timestamptz) as created_at,
    cast(null as timestamptz) as updated_at,
    gone_at as deleted_at,
    {{ problems([
        ["case price_source when 'buy_price' then 'buy_price' = any(unreadable) else is_own_price_unreadable end",
            "warning|price|not a number"],
        ["has_moq and 'minimum_purchase_quantity' = any(unreadable)", "warning|minimum_purchase_quantity|not a number"],
        ["has_lot_size and 'lot_size' = any(unreadable)", "warning|lot_size|not a number"],
    ]) }} as problems
from joined
