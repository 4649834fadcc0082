{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    on_schema_change='append_new_columns',
    full_refresh=false,
    meta={'object': 'supplier_products'},
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
        {'columns': ['coupling_id', 'supplier_remote_id']},
        {'columns': ['coupling_id', 'product_remote_id']},
    ]
) }}

with mapped as (
    select mapped.* from {{ overridden('supplier_products', ref('int_supplier_products__mapped')) }} as mapped
),

numbered as (
    {{ one_per_id('mapped', id="coalesce(remote_id, root_key || '_')") }}
)

select
    webshop_id,
    coupling_id,
    {{ identifier('remote_id', "root_key || '_'") }} as remote_id,
    root_key,
    {{ identifier('product_remote_id') }} as product_remote_id,
    {{ identifier('supplier_remote_id') }} as supplier_remote_id,
    left(name, 255) as name,
    {{ code('sku_code') }} as sku_code,
    {{ code('ean_code') }} as ean_code,
    {{ code('article_code') }} as article_code,
    {{ money('price') }} as price,
    case when floor(minimum_purchase_quantity) >= 1 then {{ whole('minimum_purchase_quantity') }} end
        as minimum_purchase_quantity,
    case when floor(lot_size) >= 1 then {{ whole('lot_size') }} end as lot_size,
    case when floor(delivery_time) >= 1 then cast(least(floor(delivery_time), 365) as smallint) end as delivery_time,
    {{ money('weight') }} as weight,
    maps_preferred,
    is_main,
    case when status in ('enabled', 'disabled') then status end as status,
    created_at,
    updated_at,
    deleted_at,
    -- Zero means "not set" in sources for quantities and lead times; only what looks meant and is unusable is told.
    case
        when deleted_at is not null then '{}'
        else problems || {{ problems([
            ["length(remote_id) > 255", "blocked|remote_id|longer than 255"],
            ["product_remote_id is null", "blocked|product_id|missing"],
            ["supplier_remote_id is null", "blocked|supplier_id|missing"],
            ["length(name) > 255", "warning|name|longer than 255, cut"],
            ["length(sku_code) > 255", "warning|sku_code|longer than 255, left out"],
            ["length(ean_code) > 255", "warning|ean_code|longer than 255, left out"],
            ["length(article_code) > 255", "warning|article_code|longer than 255, left out"],
            [is_bad_price('price'), "warning|price|outside 0 to 9999999.99, left out"],
            ["minimum_purchase_quantity <> 0 and floor(minimum_purchase_quantity) not between 1 and 9999999",
                "warning|minimum_purchase_quantity|outside 1 to 9999999, left out"],
            ["lot_size <> 0 and floor(lot_size) not between 1 and 9999999", "warning|lot_size|outside 1 to 9999999, left out"],
            ["floor(delivery_time) > 365", "warning|delivery_time|longer than 365 days, set to 365"],
            [is_bad_price('weight'), "warning|weight|outside 0 to 9999999.99, left out"],
            ["status not in ('enabled', 'disabled')", "blocked|status|unknown"],
            ["copies > 1", "warning|remote_id|more than one record, newest kept"],
        ]) }}
    end as problems
from numbered
where place = 1
