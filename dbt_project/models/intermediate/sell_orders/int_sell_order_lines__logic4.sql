-- NettPrice is one piece's price after discount, without VAT. The parts of an assembled product stand beside it as rows
-- of their own: they are sold with it.
with documents as (
    select webshop_id, coupling_id, record_key, root_key, gone_at, order_rows, '' as prefix
    from {{ news('sell_orders', ref('stg_logic4__orders')) }} as orders
    union all
    select
        invoices.webshop_id,
        invoices.coupling_id,
        invoices.record_key,
        invoices.root_key,
        invoices.gone_at,
        invoices.order_rows,
        'invoice_' as prefix
    from {{ news('sell_orders', ref('stg_logic4__invoices')) }} as invoices
    inner join {{ ref('stg_logic4__settings') }} as settings on settings.coupling_id = invoices.coupling_id
    where settings.has_invoices and invoices.order_id is null
)

select
    documents.webshop_id,
    documents.coupling_id,
    documents.prefix
    || coalesce({{ filled('doc."Id"') }}, documents.record_key || '_' || coalesce(product.id, '')) as remote_id,
    documents.root_key,
    documents.prefix || documents.record_key as order_remote_id,
    item.position,
    product.id as product_remote_id,
    cast(null as text) as product_ean,
    cast(null as text) as product_sku,
    {{ number('doc."Qty"') }} as quantity,
    {{ number('doc."Qty"') }} * {{ number('doc."NettPrice"') }} as subtotal_value,
    cast(null as timestamptz) as updated_at,
    documents.gone_at as deleted_at
from documents
cross join lateral jsonb_path_query(documents.order_rows, '$[*] ? (@.type() == "object")')
    with ordinality as item (line, position)
cross join lateral jsonb_to_record(item.line) as doc (
    "Id" text,
    "ProductId" text,
    "Qty" text,
    "NettPrice" text,
    "IsAssemblyChild" text
)
cross join lateral (select nullif({{ filled('doc."ProductId"') }}, '0') as id) as product
where not coalesce({{ flag('doc."IsAssemblyChild"') }}, false)
