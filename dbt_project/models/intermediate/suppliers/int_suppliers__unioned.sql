{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    on_schema_change='append_new_columns',
    full_refresh=false,
    meta={'object': 'suppliers'},
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
        {'columns': ['webshop_id', 'match_value']},
    ]
) }}

with mapped as (
    select mapped.* from {{ overridden('suppliers', ref('int_suppliers__mapped')) }} as mapped
),

numbered as (
    {{ one_per_id('mapped') }}
),

-- B12: one bad address makes Optiply refuse the whole supplier, so only the valid ones go on.
checked as (
    select
        numbered.*,
        array(
            select address
            from unnest(numbered.emails) with ordinality as given (address, position)
            where address ~* '^[a-z0-9.!#$%&''*+/=?^_`{|}~-]+@[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$'
            order by position
        ) as valid_emails,
        case when floor(delivery_time) >= 1 then cast(least(floor(delivery_time), 365) as smallint) end as days
    from numbered
    where place = 1
)

select
    checked.webshop_id,
    coupling_id,
    {{ identifier('remote_id') }} as remote_id,
    root_key,
    left(coalesce(name, remote_id), 255) as name,
    case when emails is not null then valid_emails end as emails,
    days as delivery_time,
    case when type in ('vendor', 'producer') then type when type is not null then 'vendor' end as type,
    case when length(global_location_number) = 13 then global_location_number end as global_location_number,
    ignored,
    created_at,
    updated_at,
    deleted_at,
    -- A lead time of 0 means "not set" and an unknown type is the default vendor (example 37): no one has to act on these.
    case
        when deleted_at is not null then '{}'
        else problems || {{ problems([
            ["length(remote_id) > 255", "blocked|remote_id|longer than 255"],
            ["length(name) > 255", "warning|name|longer than 255, cut"],
            ["cardinality(emails) > cardinality(valid_emails)", "warning|emails|not an e-mail address, left out"],
            ["floor(delivery_time) > 365", "warning|delivery_time|longer than 365 days, set to 365"],
            ["length(global_location_number) <> 13", "warning|global_location_number|not 13 characters, left out"],
            ["copies > 1", "warning|remote_id|more than one record, newest kept"],
        ]) }}
    end as problems,
    {{ match_value({
        'name': "nullif(lower(btrim(left(name, 255))), '')",
        'global_location_number': "case when length(global_location_number) = 13 then global_location_number end",
        'remote_id': identifier('remote_id'),
    }) }} as match_value
from checked
left join {{ source('platform', 'consolidation') }} as consolidation
    on consolidation.webshop_id = checked.webshop_id and consolidation.object = 'suppliers'
