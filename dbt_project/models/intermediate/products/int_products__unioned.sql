{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    on_schema_change='append_new_columns',
    full_refresh=false,
    meta={'object': 'products'},
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
        {'columns': ['webshop_id', 'match_value']},
    ]
) }}

with mapped as (
    select mapped.* from {{ overridden('products', ref('int_products__mapped')) }} as mapped
),

numbered as (
    {{ one_per_id('mapped') }}
)

select
    numbered.webshop_id,
    coupling_id,
    {{ identifier('remote_id') }} as remote_id,
    root_key,
    left(name, 255) as name,
    {{ code('sku_code') }} as sku_code,
    {{ code('article_code') }} as article_code,
    {{ code('ean_code') }} as ean_code,
    {{ money('price') }} as price,
    unlimited_stock,
    {{ whole('stock_level - coalesce(quantity_sold, 0)') }} as stock_level,
    quantity_sold as sold_since_read,
    case when status in ('enabled', 'disabled') then status end as status,
    not_being_bought,
    assembled,
    case when length(stock_measurement_unit) <= 10 then stock_measurement_unit end as stock_measurement_unit,
    case when floor(minimum_stock) >= 0 then {{ whole('minimum_stock') }} end as minimum_stock,
    created_at,
    updated_at,
    deleted_at,
    case
        when deleted_at is not null then '{}'
        else problems || {{ problems([
            ["length(remote_id) > 255", "blocked|remote_id|longer than 255"],
            ["name is null and not 'waiting|name|waiting for parent' = any(problems)", "blocked|name|missing"],
            ["length(name) > 255", "warning|name|longer than 255, cut"],
            ["length(sku_code) > 255", "warning|sku_code|longer than 255, left out"],
            ["length(article_code) > 255", "warning|article_code|longer than 255, left out"],
            ["length(ean_code) > 255", "warning|ean_code|longer than 255, left out"],
            [is_bad_price('price'), "warning|price|outside 0 to 9999999.99, left out"],
            ["floor(stock_level - coalesce(quantity_sold, 0)) not between -9999999 and 9999999", "blocked|stock_level|beyond 9999999"],
            ["status not in ('enabled', 'disabled')", "blocked|status|unknown"],
            ["length(stock_measurement_unit) > 10", "warning|stock_measurement_unit|longer than 10, left out"],
            ["floor(minimum_stock) not between 0 and 9999999", "warning|minimum_stock|outside 0 to 9999999, left out"],
            ["copies > 1", "warning|remote_id|more than one record, newest kept"],
        ]) }}
    end as problems,
    {{ match_value({
        'ean': "platform.gtin(" ~ code('ean_code') ~ ")",
        'sku': "platform.sku(" ~ code('sku_code') ~ ")",
        'remote_id': identifier('remote_id'),
    }) }} as match_value
from numbered
left join lateral {{ sold_since_read(ref('int_products__sold'), 'numbered') }} as sold on true
left join {{ source('platform', 'consolidation') }} as consolidation
    on consolidation.webshop_id = numbered.webshop_id and consolidation.object = 'products'
where place = 1
