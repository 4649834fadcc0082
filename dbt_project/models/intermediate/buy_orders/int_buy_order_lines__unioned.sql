{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    on_schema_change='append_new_columns',
    full_refresh=false,
    meta={'object': 'buy_orders'},
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
        {'columns': ['coupling_id', 'product_remote_id']},
    ]
) }}

with mapped as (
    select mapped.* from {{ overridden('buy_order_lines', ref('int_buy_order_lines__mapped')) }} as mapped
),

numbered as (
    {{ one_per_id('mapped', 'order_remote_id, position') }}
)

select
    webshop_id,
    coupling_id,
    {{ identifier('remote_id') }} as remote_id,
    root_key,
    {{ identifier('order_remote_id') }} as order_remote_id,
    {{ identifier('product_remote_id') }} as product_remote_id,
    case when floor(quantity) >= 1 then {{ whole('quantity') }} end as quantity,
    quantity_open,
    case when abs(subtotal_value) < 1e13 then cast(round(subtotal_value, 2) as numeric(19, 2)) end as subtotal_value,
    expected_delivery_date,
    updated_at,
    deleted_at,
    now() as heard_at,
    case
        when deleted_at is not null then '{}'
        else problems || {{ problems([
            ["length(remote_id) > 255", "blocked|remote_id|longer than 255"],
            ["product_remote_id is null", "blocked|product_id|missing"],
            ["quantity is null and cardinality(problems) = 0", "blocked|quantity|not a number"],
            ["floor(quantity) < 1", "blocked|quantity|not above zero"],
            ["floor(quantity) > 9999999", "blocked|quantity|beyond 9999999"],
            ["floor(quantity) >= 1 and quantity <> floor(quantity)", "warning|quantity|not a whole number, rounded down"],
            ["subtotal_value is null and cardinality(problems) = 0", "blocked|subtotal_value|not a number"],
            ["abs(subtotal_value) >= 1e13", "blocked|subtotal_value|beyond 13 digits"],
            ["copies > 1", "warning|remote_id|more than one record, newest kept"],
        ]) }}
    end as problems
from numbered
where place = 1
