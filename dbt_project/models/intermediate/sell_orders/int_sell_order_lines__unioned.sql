{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    on_schema_change='append_new_columns',
    full_refresh=false,
    meta={'object': 'sell_orders'},
    post_hook="{{ tell_products_of_orders() }}",
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
    ]
) }}

with mapped as (
    select mapped.* from {{ overridden('sell_order_lines', ref('int_sell_order_lines__mapped')) }} as mapped
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
    position,
    {{ identifier('product_remote_id') }} as product_remote_id,
    product_ean,
    product_sku,
    {{ whole('quantity') }} as quantity,
    -- With all its decimals: what is merged is added up first and rounded once (B5).
    case when abs(subtotal_value) < 1e13 then subtotal_value end as subtotal_value,
    updated_at,
    deleted_at,
    case
        when deleted_at is not null then '{}'
        else {{ problems([
            ["length(remote_id) > 255", "blocked|remote_id|longer than 255"],
            ["quantity is null", "blocked|quantity|not a number"],
            ["floor(quantity) not between -9999999 and 9999999", "blocked|quantity|beyond 9999999"],
            ["quantity <> floor(quantity)", "warning|quantity|not a whole number, rounded down"],
            ["subtotal_value is null", "blocked|subtotal_value|not a number"],
            ["abs(subtotal_value) >= 1e13", "blocked|subtotal_value|beyond 13 digits"],
            ["copies > 1", "warning|remote_id|more than one record, newest kept"],
        ]) }}
    end as problems
from numbered
where place = 1
