{{ config(
    materialized='incremental',
    incremental_strategy='replace_changed',
    on_schema_change='append_new_columns',
    full_refresh=false,
    meta={'object': 'product_compositions'},
    indexes=[
        {'columns': ['coupling_id', 'remote_id'], 'unique': true},
        {'columns': ['coupling_id', 'root_key']},
        {'columns': ['coupling_id', 'composed_remote_id']},
        {'columns': ['coupling_id', 'part_remote_id']},
    ]
) }}

with mapped as (
    select mapped.* from {{ overridden('product_compositions', ref('int_product_compositions__mapped')) }} as mapped
),

numbered as (
    {{ one_per_id('mapped', id="coalesce(remote_id, root_key || '_')") }}
)

select
    webshop_id,
    coupling_id,
    {{ identifier('remote_id', "root_key || '_'") }} as remote_id,
    root_key,
    {{ identifier('composed_remote_id') }} as composed_remote_id,
    {{ identifier('part_remote_id') }} as part_remote_id,
    {{ whole('part_quantity') }} as part_quantity,
    case when floor(batch_quantity) >= 1 then {{ whole('batch_quantity') }} end as batch_quantity,
    updated_at,
    deleted_at,
    case
        when deleted_at is not null then '{}'
        else problems || {{ problems([
            ["length(remote_id) > 255", "blocked|remote_id|longer than 255"],
            ["part_remote_id is null", "blocked|part_product_id|missing"],
            ["part_remote_id = composed_remote_id", "blocked|part_product_id|part of itself"],
            ["part_quantity is null and cardinality(problems) = 0", "blocked|part_quantity|not a number"],
            ["floor(part_quantity) < 1", "blocked|part_quantity|part_quantity < 1"],
            ["floor(part_quantity) > 9999999", "blocked|part_quantity|beyond 9999999"],
            ["floor(part_quantity) >= 1 and part_quantity <> floor(part_quantity)",
                "warning|part_quantity|not a whole number, rounded down"],
            ["copies > 1", "warning|remote_id|more than one record, newest kept"],
        ]) }}
    end as problems
from numbered
where place = 1
