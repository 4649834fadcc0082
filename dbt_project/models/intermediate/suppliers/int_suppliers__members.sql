{{ config(
    materialized='incremental',
    incremental_strategy='regroup',
    full_refresh=false,
    meta={'object': 'suppliers', 'children': [
        ['int_supplier_products__unioned', 'supplier_products', ['supplier_remote_id']],
        ['int_buy_orders__unioned', 'buy_orders', ['supplier_remote_id']],
    ]},
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
        {'columns': ['webshop_id', 'match_value']},
        {'columns': ['anchor_coupling_id', 'anchor_remote_id']},
    ]
) }}
-- depends_on: {{ ref('int_supplier_products__unioned') }}
-- depends_on: {{ ref('int_buy_orders__unioned') }}, {{ ref('int_buy_order_lines__unioned') }}
{{ members('suppliers') }}
