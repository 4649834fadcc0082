{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    on_schema_change='append_new_columns',
    full_refresh=false,
    meta={'object': 'sell_orders'},
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
    ]
) }}

with mapped as (
    select * from {{ ref('int_sell_order_lines__mapped') }}
),

numbered as (
    select
        mapped.*,
        row_number() over (
            partition by coupling_id, remote_id
            order by deleted_at is not null, updated_at desc nulls last, order_remote_id, position
        ) as place,
        count(*) over (partition by coupling_id, remote_id) as copies
    from mapped
)

select
    webshop_id,
    coupling_id,
    remote_id,
    root_key,
    order_remote_id,
    position,
    product_remote_id,
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
