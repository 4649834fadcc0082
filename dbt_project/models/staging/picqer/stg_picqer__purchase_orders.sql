select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    lower(btrim(doc.status)) as status,
    nullif({{ filled('doc.idsupplier') }}, '0') as idsupplier,
    {{ filled('doc.supplier_name') }} as supplier_name,
    -- What a supplier without an id is known by (example 13).
    'name:' || lower({{ filled('doc.supplier_name') }}) as supplier_key,
    {{ filled('doc.idwarehouse') }} as idwarehouse,
    -- Optiply's number stands in one of two fields behind its name; a number alone is the supplier's own.
    'op-' || coalesce(
        substring(lower(doc.supplier_orderid) from '\m(?:op|optiply)[- ]?([0-9]{1,18})\M'),
        substring(lower(doc.remarks) from '\m(?:op|optiply)[- ]?([0-9]{1,18})\M')
    ) as reference,
    doc.products,
    {{ picqer_time('doc.delivery_date') }} as delivery_date,
    {{ picqer_time('doc.purchased_at') }} as purchased_at,
    {{ picqer_time('doc.completed_at') }} as completed_at,
    {{ picqer_time('doc.created') }} as created,
    {{ picqer_time('doc.updated') }} as updated
from {{ source('picqer', 'purchase_orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    status text,
    idsupplier text,
    supplier_name text,
    idwarehouse text,
    supplier_orderid text,
    remarks text,
    products jsonb,
    delivery_date text,
    purchased_at text,
    completed_at text,
    created text,
    updated text
)
where source.superseded_at is null
