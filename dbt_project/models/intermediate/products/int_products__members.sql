{{ config(
    materialized='incremental',
    incremental_strategy='regroup',
    full_refresh=false,
    meta={'object': 'products', 'children': [
        ['int_supplier_products__unioned', 'supplier_products', ['product_remote_id']],
        ['int_product_compositions__unioned', 'product_compositions', ['composed_remote_id', 'part_remote_id']],
        ['int_buy_order_lines__unioned', 'buy_orders', ['product_remote_id']],
    ]},
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
        {'columns': ['webshop_id', 'match_value']},
        {'columns': ['anchor_coupling_id', 'anchor_remote_id']},
    ]
) }}
-- depends_on: {{ ref('int_supplier_products__unioned') }}, {{ ref('int_product_compositions__unioned') }}
-- depends_on: {{ ref('int_buy_order_lines__unioned') }}, {{ ref('int_buy_orders__unioned') }}
{{ members('products') }}
