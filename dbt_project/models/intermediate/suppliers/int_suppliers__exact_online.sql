-- The stream lands all accounts; an account that is no supplier (any more) yields no row.
with accounts as (
    select * from {{ news('suppliers', ref('stg_exact_online__accounts')) }} as landed
)

select
    accounts.webshop_id,
    accounts.coupling_id,
    accounts.record_key as remote_id,
    accounts.root_key,
    accounts.name,
    case
        when settings.has_supplier_emails
            then array_remove(string_to_array(regexp_replace(coalesce(accounts.email, ''), '[;,\s]+', ';', 'g'), ';'), '')
    end as emails,
    case when settings.has_supplier_delivery_time then accounts.purchase_lead_days end as delivery_time,
    cast(null as text) as type,
    cast(null as text) as global_location_number,
    coalesce(cast(accounts.ends_at at time zone 'UTC' as date) < {{ today() }}, false) as ignored,
    accounts.created_at,
    accounts.modified_at as updated_at,
    accounts.gone_at as deleted_at,
    cast('{}' as text[]) as problems
from accounts
inner join {{ ref('stg_exact_online__settings') }} as settings on settings.coupling_id = accounts.coupling_id
where accounts.is_supplier
