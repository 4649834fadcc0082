-- A fulfilment account shows no suppliers, only their names on its purchase orders (example 13): one supplier per name.
-- It belongs to the first order with that name, so all orders of a coupling with news are looked at: the name lives on
-- when that order gets another one.
with suppliers as (
    select
        landed.*,
        settings.has_supplier_emails
    from {{ news('suppliers', ref('stg_picqer__suppliers')) }} as landed
    inner join {{ ref('stg_picqer__settings') }} as settings on settings.coupling_id = landed.coupling_id
    where not settings.is_fulfilment
),

named as (
    select distinct on (orders.coupling_id, orders.supplier_key) orders.*
    from {{ ref('stg_picqer__purchase_orders') }} as orders
    inner join {{ ref('stg_picqer__settings') }} as settings on settings.coupling_id = orders.coupling_id
    where settings.is_fulfilment
        and orders.supplier_key is not null
        and orders.gone_at is null
        and orders.coupling_id in (
            select news.coupling_id from {{ news('suppliers', ref('stg_picqer__purchase_orders')) }} as news
        )
    order by orders.coupling_id, orders.supplier_key, orders.created nulls last, orders.root_key
)

select
    webshop_id,
    coupling_id,
    record_key as remote_id,
    root_key,
    name,
    case
        when has_supplier_emails
            then array_remove(string_to_array(regexp_replace(coalesce(email, ''), '[;,\s]+', ';', 'g'), ';'), '')
    end as emails,
    cast(null as numeric) as delivery_time,
    cast(null as text) as type,
    cast(null as text) as global_location_number,
    false as ignored,
    cast(null as timestamptz) as created_at,
    cast(null as timestamptz) as updated_at,
    gone_at as deleted_at,
    cast('{}' as text[]) as problems
from suppliers
union all
select
    webshop_id,
    coupling_id,
    supplier_key as remote_id,
    root_key,
    supplier_name as name,
    cast(null as text[]) as emails,
    cast(null as numeric) as delivery_time,
    cast(null as text) as type,
    cast(null as text) as global_location_number,
    false as ignored,
    cast(null as timestamptz) as created_at,
    cast(null as timestamptz) as updated_at,
    cast(null as timestamptz) as deleted_at,
    cast('{}' as text[]) as problems
from named
