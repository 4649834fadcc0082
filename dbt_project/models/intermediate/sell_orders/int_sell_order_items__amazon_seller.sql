-- The items of both generations of the API, one row each. `is_net` = the tax stands beside the price, not inside it.
with orders as (
    select * from {{ ref('int_orders__amazon_seller') }}
),

nested as (
    select
        orders.coupling_id,
        orders.record_key as order_remote_id,
        {{ filled('doc."orderItemId"') }} as item_remote_id,
        {{ filled("doc.product ->> 'asin'") }} as asin,
        {{ filled("doc.product ->> 'sellerSku'") }} as sku,
        {{ number('doc."quantityOrdered"') }} as quantity,
        {{ number("doc.product #>> '{price,unitPrice,amount}'") }} as unit_price,
        {{ number("doc.proceeds #>> '{proceedsTotal,amount}'") }} as total,
        parts.item,
        parts.tax,
        parts.others
    from orders
    cross join lateral jsonb_path_query(orders.order_items, '$[*] ? (@.type() == "object")') as line
    cross join lateral jsonb_to_record(line) as doc (
        "orderItemId" text,
        "quantityOrdered" text,
        product jsonb,
        proceeds jsonb
    )
    cross join lateral (
        select
            sum(part.amount) filter (where part.kind = 'ITEM') as item,
            sum(part.amount) filter (where part.kind = 'TAX') as tax,
            sum(part.amount) filter (where part.kind not in ('ITEM', 'TAX')) as others
        from (
            select
                upper(breakdown ->> 'type') as kind,
                {{ number("breakdown #>> '{subtotal,amount}'") }} as amount
            from jsonb_path_query(doc.proceeds, '$.breakdowns[*]') as breakdown
        ) as part
    ) as parts
    where orders.api = '2026-01-01'
),

items as (
    select
        listed.coupling_id,
        listed.root_key as order_remote_id,
        listed.record_key as item_remote_id,
        listed.asin,
        listed.sku,
        listed.quantity,
        listed.price,
        listed.tax,
        false as is_net
    from {{ news('sell_orders', ref('stg_amazon_seller__order_items_v0')) }} as listed
    inner join orders
        on orders.coupling_id = listed.coupling_id and orders.record_key = listed.root_key and orders.api = 'v0'
    where listed.gone_at is null

    union all

    -- Whether Amazon's ITEM holds the tax is not documented; what adds up to the total tells it.
    select
        coupling_id,
        order_remote_id,
        item_remote_id,
        asin,
        sku,
        quantity,
        coalesce(item, unit_price * quantity) as price,
        tax,
        coalesce(item + tax + coalesce(others, 0) = total, false) as is_net
    from nested
)

select
    orders.webshop_id,
    orders.coupling_id,
    orders.root_key,
    orders.marketplace,
    orders.vat_basis,
    orders.vat_rate,
    orders.modified_at,
    orders.gone_at,
    items.order_remote_id,
    items.item_remote_id,
    items.asin,
    items.sku,
    items.quantity,
    items.price,
    items.tax,
    items.is_net
from items
inner join orders on orders.coupling_id = items.coupling_id and orders.record_key = items.order_remote_id
