{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    on_schema_change='append_new_columns',
    full_refresh=false,
    meta={'object': 'receipt_lines'},
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
        {'columns': ['coupling_id', 'buy_order_line_remote_id']},
    ]
) }}

with mapped as (
    select mapped.* from {{ overridden('receipt_lines', ref('int_receipt_lines__mapped')) }} as mapped
),

numbered as (
    {{ one_per_id('mapped') }}
)

select
    webshop_id,
    coupling_id,
    {{ identifier('remote_id') }} as remote_id,
    root_key,
    {{ identifier('buy_order_line_remote_id') }} as buy_order_line_remote_id,
    {{ whole('quantity') }} as quantity,
    occurred,
    updated_at,
    deleted_at,
    case
        when deleted_at is not null then '{}'
        else problems || {{ problems([
            ["length(remote_id) > 255", "blocked|remote_id|longer than 255"],
            ["buy_order_line_remote_id is null", "blocked|buy_order_line_id|missing"],
            ["quantity is null and cardinality(problems) = 0", "blocked|quantity|not a number"],
            ["floor(quantity) = 0 or floor(quantity) < 0 and maps_returns is not true", "blocked|quantity|not above zero"],
            ["floor(quantity) not between -9999999 and 9999999", "blocked|quantity|beyond 9999999"],
            ["floor(quantity) <> 0 and quantity <> floor(quantity)", "warning|quantity|not a whole number, rounded down"],
            ["copies > 1", "warning|remote_id|more than one record, newest kept"],
        ]) }}
    end as problems
from numbered
where place = 1
