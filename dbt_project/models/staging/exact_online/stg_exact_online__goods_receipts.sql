select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    coalesce(doc."GoodsReceiptLines" -> 'results', doc."GoodsReceiptLines") as lines,
    {{ exact_moment('doc."ReceiptDate"') }} as received_at,
    {{ exact_moment('doc."Created"') }} as created_at,
    {{ exact_moment('doc."Modified"') }} as modified_at
from {{ source('exact_online', 'goods_receipts') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "GoodsReceiptLines" jsonb,
    "ReceiptDate" text,
    "Created" text,
    "Modified" text
)
where source.superseded_at is null
