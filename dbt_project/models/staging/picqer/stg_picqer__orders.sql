select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    lower(btrim(doc.status)) as status,
    array(
        select item.value #>> '{}' from jsonb_path_query(doc.warehouses, '$[*]') as item (value)
    ) as warehouses,
    doc.products,
    {{ picqer_time('doc.created') }} as created,
    {{ picqer_time('doc.updated') }} as updated
from {{ source('picqer', 'orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    status text,
    warehouses jsonb,
    products jsonb,
    created text,
    updated text
)
where source.superseded_at is null
