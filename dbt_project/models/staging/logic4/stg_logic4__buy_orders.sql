select
    source.webshop_id,
    source.coupling_id,
    source.record_key,
    source.root_key,
    source.gone_at,
    source.landed_at,
    {{ filled('doc."CreditorId"') }} as creditor_id,
    {{ filled('doc."Remarks"') }} as remarks,
    {{ flag('doc."BuyOrderClosed"') }} as is_closed,
    {{ moment('doc."CreatedAt"', ' Europe/Amsterdam') }} as created_at,
    {{ moment('doc."LastChangedAt"', ' Europe/Amsterdam') }} as changed_at
from {{ source('logic4', 'buy_orders') }} as source
cross join lateral jsonb_to_record(source.payload) as doc (
    "CreditorId" text,
    "Remarks" text,
    "BuyOrderClosed" text,
    "CreatedAt" text,
    "LastChangedAt" text
)
where source.superseded_at is null
