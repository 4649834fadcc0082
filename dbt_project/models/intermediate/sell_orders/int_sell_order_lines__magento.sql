-- What a customer buys of a configurable product stands in two items: the parent holds the amount, the child is the
-- product. They become one line: the child with the parent's amount. A bundle's children are products of their own; the
-- bundle's line keeps what its children do not account for, and never less than nothing: children that say it all beside a
-- parent that says 0 (a bundle priced by its parts), or that are rounded up by a cent, are not taken off again.
-- A bundle that is a set is one line with all of the amount: Optiply counts its sales for its parts (B8).
-- Amounts are in the shop's currency, without VAT.
with orders as (
    select * from {{ news('sell_orders', ref('stg_magento__orders')) }} as landed
),

items as (
    select
        orders.webshop_id,
        orders.coupling_id,
        orders.record_key,
        orders.root_key,
        orders.modified_at,
        orders.gone_at,
        item.position,
        {{ filled('doc.item_id') }} as item_id,
        {{ filled('doc.parent_item_id') }} as parent_id,
        {{ filled('doc.product_id') }} as product_id,
        {{ filled('doc.product_type') }} as product_type,
        {{ filled('doc.sku') }} as sku,
        {{ number('doc.qty_ordered') }} as quantity,
        {{ number('doc.base_row_total') }} as total,
        {{ filled("doc.parent_item ->> 'product_type'") }} as told_parent_type,
        {{ number("doc.parent_item ->> 'base_row_total'") }} as told_parent_total,
        doc.product_type = 'bundle'
        and settings.has_compositions
        and exists (
            select 1
            from {{ ref('int_product_compositions__unioned') }} as parts
            where parts.coupling_id = orders.coupling_id
                and parts.composed_remote_id = {{ filled('doc.product_id') }}
                and parts.deleted_at is null
        ) as is_set
    from orders
    cross join lateral jsonb_path_query(orders.items, '$[*] ? (@.type() == "object")') with ordinality as item (line, position)
    cross join lateral jsonb_to_record(item.line) as doc (
        item_id text,
        parent_item_id text,
        product_id text,
        product_type text,
        sku text,
        qty_ordered text,
        base_row_total text,
        parent_item jsonb
    )
    inner join {{ ref('stg_magento__settings') }} as settings on settings.coupling_id = orders.coupling_id
),

children as (
    select coupling_id, record_key, parent_id, sum(total) as total
    from items
    where parent_id is not null
    group by coupling_id, record_key, parent_id
)

select
    items.webshop_id,
    items.coupling_id,
    coalesce(items.item_id, items.record_key || '_' || coalesce(items.product_id, '')) as remote_id,
    items.root_key,
    items.record_key as order_remote_id,
    items.position,
    items.product_id as product_remote_id,
    cast(null as text) as product_ean,
    items.sku as product_sku,
    items.quantity,
    case
        when coalesce(parent.product_type, items.told_parent_type) = 'configurable'
            then coalesce(parent.total, items.told_parent_total)
        when items.is_set then greatest(items.total, coalesce(children.total, 0))
        when children.parent_id is not null then items.total - least(coalesce(children.total, 0), items.total)
        else items.total
    end as subtotal_value,
    items.modified_at as updated_at,
    items.gone_at as deleted_at
from items
left join items as parent
    on parent.coupling_id = items.coupling_id
    and parent.record_key = items.record_key
    and parent.item_id = items.parent_id
left join children
    on children.coupling_id = items.coupling_id
    and children.record_key = items.record_key
    and children.parent_id = items.item_id
where (items.product_type is distinct from 'configurable' or children.parent_id is null) and parent.is_set is not true
