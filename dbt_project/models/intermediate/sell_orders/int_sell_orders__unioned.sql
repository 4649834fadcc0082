{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    on_schema_change='append_new_columns',
    full_refresh=false,
    meta={'object': 'sell_orders'},
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
        {'columns': ['coupling_id', 'placed']},
    ]
) }}

with mapped as (
    select mapped.* from {{ overridden('sell_orders', ref('int_sell_orders__mapped')) }} as mapped
),

numbered as (
    {{ one_per_id('mapped') }}
)

-- Problems of an order out of scope are told once it comes into scope.
select
    webshop_id,
    coupling_id,
    {{ identifier('remote_id') }} as remote_id,
    root_key,
    placed,
    completed,
    coalesce(is_in_scope, false) as is_in_scope,
    created_at,
    updated_at,
    deleted_at,
    case
        when deleted_at is not null or is_in_scope is not true then '{}'
        else problems || {{ problems([
            ["length(remote_id) > 255", "blocked|remote_id|longer than 255"],
            ["placed is null and cardinality(problems) = 0", "blocked|placed|missing"],
            ["placed < '1990-01-01' or placed >= '2900-01-01'", "blocked|placed|no real date"],
            ["copies > 1", "warning|remote_id|more than one record, newest kept"],
        ]) }}
    end as problems
from numbered
where place = 1
