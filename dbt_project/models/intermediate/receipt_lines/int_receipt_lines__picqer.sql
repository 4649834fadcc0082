-- Rows of version 2 are in stock as soon as they are there, and may be reverted. Rows of version 1 change until their
-- receipt is completed, and also list what has not come.
with receipts as (
    select * from {{ news('receipt_lines', ref('stg_picqer__receipts')) }} as landed
),

rows_of_both as (
    select
        receipts.webshop_id,
        receipts.coupling_id,
        receipts.record_key,
        receipts.root_key,
        receipts.status,
        receipts.completed_at,
        receipts.created,
        receipts.updated,
        receipts.gone_at,
        receipts.idwarehouse,
        coalesce(receipts.version, case when item.line ? 'amount_receiving' then 1 else 2 end) = 1 as is_version_1,
        {{ filled('doc.idreceipt_product') }} as idreceipt_product,
        nullif({{ filled('doc.idpurchaseorder_product') }}, '0') as idpurchaseorder_product,
        {{ filled('doc.idproduct') }} as idproduct,
        {{ number('doc.amount_receiving') }} as amount_receiving,
        {{ number('doc.amount') }} as amount,
        {{ picqer_time('doc.created_at') }} as received_at,
        {{ picqer_time('doc.reverted_at') }} as reverted_at
    from receipts
    cross join lateral jsonb_path_query(receipts.products, '$[*] ? (@.type() == "object")') as item (line)
    cross join lateral jsonb_to_record(item.line) as doc (
        idreceipt_product text,
        idpurchaseorder_product text,
        idproduct text,
        amount_receiving text,
        amount text,
        created_at text,
        reverted_at text
    )
),

counted as (
    select *, case when is_version_1 then coalesce(amount_receiving, amount) else amount end as quantity
    from rows_of_both
)

select
    counted.webshop_id,
    counted.coupling_id,
    coalesce(
        counted.idreceipt_product,
        counted.record_key || '_' || coalesce(counted.idpurchaseorder_product, counted.idproduct, '')
    ) as remote_id,
    counted.root_key,
    counted.idpurchaseorder_product as buy_order_line_remote_id,
    counted.quantity,
    false as maps_returns,
    coalesce(counted.received_at, counted.completed_at, counted.created) at time zone settings.time_zone as occurred,
    counted.updated at time zone settings.time_zone as updated_at,
    coalesce(counted.gone_at, counted.reverted_at at time zone settings.time_zone) as deleted_at,
    cast('{}' as text[]) as problems
from counted
inner join {{ ref('stg_picqer__settings') }} as settings on settings.coupling_id = counted.coupling_id
where (not counted.is_version_1 or counted.status = 'completed')
    and (not counted.is_version_1 or counted.quantity is distinct from 0)
    and (settings.main_warehouse is null or counted.idwarehouse = settings.main_warehouse)
