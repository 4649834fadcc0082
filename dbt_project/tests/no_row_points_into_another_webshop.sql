-- Invariant 9: tenants never mix.
with pointers as (
    select 'supplier_products.product_id' as pointer, child.id, child.webshop_id, parent.webshop_id as parent_webshop_id
    from {{ ref('supplier_products') }} as child
    inner join {{ ref('products') }} as parent on parent.id = child.product_id
    union all
    select 'supplier_products.supplier_id', child.id, child.webshop_id, parent.webshop_id
    from {{ ref('supplier_products') }} as child
    inner join {{ ref('suppliers') }} as parent on parent.id = child.supplier_id
    union all
    select 'product_compositions.composed_product_id', child.id, child.webshop_id, parent.webshop_id
    from {{ ref('product_compositions') }} as child
    inner join {{ ref('products') }} as parent on parent.id = child.composed_product_id
    union all
    select 'product_compositions.part_product_id', child.id, child.webshop_id, parent.webshop_id
    from {{ ref('product_compositions') }} as child
    inner join {{ ref('products') }} as parent on parent.id = child.part_product_id
    union all
    select 'sell_order_lines.sell_order_id', child.id, child.webshop_id, parent.webshop_id
    from {{ ref('sell_order_lines') }} as child
    inner join {{ ref('sell_orders') }} as parent on parent.id = child.sell_order_id
    union all
    select 'sell_order_lines.product_id', child.id, child.webshop_id, parent.webshop_id
    from {{ ref('sell_order_lines') }} as child
    inner join {{ ref('products') }} as parent on parent.id = child.product_id
    union all
    select 'buy_orders.supplier_id', child.id, child.webshop_id, parent.webshop_id
    from {{ ref('buy_orders') }} as child
    inner join {{ ref('suppliers') }} as parent on parent.id = child.supplier_id
    union all
    select 'buy_order_lines.buy_order_id', child.id, child.webshop_id, parent.webshop_id
    from {{ ref('buy_order_lines') }} as child
    inner join {{ ref('buy_orders') }} as parent on parent.id = child.buy_order_id
    union all
    select 'buy_order_lines.product_id', child.id, child.webshop_id, parent.webshop_id
    from {{ ref('buy_order_lines') }} as child
    inner join {{ ref('products') }} as parent on parent.id = child.product_id
    union all
    select 'receipt_lines.buy_order_line_id', child.id, child.webshop_id, parent.webshop_id
    from {{ ref('receipt_lines') }} as child
    inner join {{ ref('buy_order_lines') }} as parent on parent.id = child.buy_order_line_id
)

select * from pointers where webshop_id <> parent_webshop_id
