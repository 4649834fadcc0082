-- Amazon's prices in the EU include VAT: the tax of the line is taken off (B1), or the coupling's rate where Amazon
-- names none. Items of which nothing is ordered any more are left out.
with items as (
    select * from {{ ref('int_sell_order_items__amazon_seller') }}
),

sold as (
    select distinct coupling_id, asin from items
),

-- Not only the news: what tells the EANs has come with an earlier pull, and its root is the ASIN. The catalog's EAN goes
-- before the one that the seller gave.
eans as (
    select sold.coupling_id, sold.asin, coalesce(min(catalog.ean), min(listings.ean)) as ean
    from sold
    left join {{ ref('stg_amazon_seller__sold_catalog') }} as catalog
        on catalog.coupling_id = sold.coupling_id and catalog.root_key = sold.asin and catalog.gone_at is null
    left join {{ ref('stg_amazon_seller__sold_listings') }} as listings
        on listings.coupling_id = sold.coupling_id and listings.root_key = sold.asin and listings.gone_at is null
    group by sold.coupling_id, sold.asin
)

select
    items.webshop_id,
    items.coupling_id,
    coalesce(items.item_remote_id, items.order_remote_id || '_' || coalesce(items.asin, items.sku, '')) as remote_id,
    items.root_key,
    items.order_remote_id,
    row_number() over (partition by items.coupling_id, items.order_remote_id order by items.item_remote_id) as position,
    items.asin || '_' || items.marketplace as product_remote_id,
    eans.ean as product_ean,
    items.sku as product_sku,
    items.quantity,
    case
        when items.vat_basis = 'net' or (items.is_net and items.tax is not null) then items.price
        when items.tax is not null then items.price - items.tax
        else round(items.price / (1 + items.vat_rate / 100), 2)
    end as subtotal_value,
    items.modified_at as updated_at,
    items.gone_at as deleted_at
from items
left join eans on eans.coupling_id = items.coupling_id and eans.asin = items.asin
where items.quantity <> 0 or items.quantity is null
