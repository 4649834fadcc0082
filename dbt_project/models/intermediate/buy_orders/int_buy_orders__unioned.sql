{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    on_schema_change='append_new_columns',
    full_refresh=false,
    meta={'object': 'buy_orders'},
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
        {'columns': ['coupling_id', 'supplier_remote_id']},
        {'columns': ['coupling_id', 'reference']},
    ]
) }}

with mapped as (
    select mapped.* from {{ overridden('buy_orders', ref('int_buy_orders__mapped')) }} as mapped
),

numbered as (
    {{ one_per_id('mapped') }}
),

-- A source without suppliers' ids names them; int_suppliers of that connector makes a supplier of each name (B15).
named as (
    select
        numbered.*,
        coalesce(numbered.supplier_remote_id, 'name:' || lower({{ filled('numbered.supplier_name') }})) as known_supplier
    from numbered
    where place = 1
)

select
    webshop_id,
    coupling_id,
    {{ identifier('remote_id') }} as remote_id,
    root_key,
    {{ identifier('known_supplier') }} as supplier_remote_id,
    placed,
    completed,
    coalesce(completes_by_receipt, false) as completes_by_receipt,
    expected_delivery_date,
    assembly,
    -- Optiply's own id, as its exports write it and nothing else beside it (B15).
    cast(substring(lower(btrim(reference)) from '^(?:op-|optiply[- ])?([0-9]{1,18})$') as bigint) as reference,
    -- A number alone may be the customer's own.
    coalesce(lower(btrim(reference)) ~ '^(op-|optiply[- ])', false) as names_optiply,
    created_at,
    updated_at,
    deleted_at,
    now() as heard_at,
    case
        when deleted_at is not null then '{}'
        else problems || {{ problems([
            ["length(remote_id) > 255", "blocked|remote_id|longer than 255"],
            ["known_supplier is null", "blocked|supplier_id|supplier missing"],
            ["placed is null and cardinality(problems) = 0", "blocked|placed|missing"],
            ["placed < '1990-01-01' or placed >= '2900-01-01'", "blocked|placed|no real date"],
            ["copies > 1", "warning|remote_id|more than one record, newest kept"],
        ]) }}
    end as problems
from named
