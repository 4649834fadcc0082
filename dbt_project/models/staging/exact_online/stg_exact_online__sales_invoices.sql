select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ number('doc."Status"') }} as status,
    {{ filled('doc."OrderedBy"') }} as ordered_by,
    {{ filled('doc."CostCenter"') }} as cost_center,
    {{ number('doc."LineNumber"') }} as line_number,
    {{ filled('doc."Item"') }} as item,
    {{ number('doc."Quantity"') }} as quantity,
    {{ number('doc."AmountDC"') }} as amount_dc,
    {{ filled('doc."SalesOrderNumber"') }} as sales_order_number,
    {{ exact_moment('doc."InvoiceDate"') }} as invoiced_at,
    {{ exact_moment('doc."Created"') }} as created_at,
    {{ exact_moment('doc."Modified"') }} as modified_at
from {{ source('exact_online', 'sales_invoices') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "Status" text,
    "OrderedBy" text,
    "CostCenter" text,
    "LineNumber" text,
    "Item" text,
    "Quantity" text,
    "AmountDC" text,
    "SalesOrderNumber" text,
    "InvoiceDate" text,
    "Created" text,
    "Modified" text
)
where source.superseded_at is null
