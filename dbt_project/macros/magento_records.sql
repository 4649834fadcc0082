{#- The record of each product of an object's batch that counts. Where stock names products by id, products come by another
    stream than where it names SKUs: the coupling's stock source says which of the two is meant. -#}
{% macro magento_records(object) -%}
with listed as (
    select by_sku.*, false as is_by_id
    from {{ news(object, ref('stg_magento__products')) }} as by_sku
    union all
    select by_id.*, true as is_by_id
    from {{ news(object, ref('stg_magento__products_by_id')) }} as by_id
),

known as (
    select coupling_id, record_key, product_id, gone_at, false as is_by_id from {{ ref('stg_magento__products') }}
    union all
    select coupling_id, record_key, product_id, gone_at, true as is_by_id from {{ ref('stg_magento__products_by_id') }}
),

candidates as (
    select listed.*, listed.is_by_id = (settings.stock_source = 'low_stock') as is_of_this_source
    from listed
    inner join {{ ref('stg_magento__settings') }} as settings on settings.coupling_id = listed.coupling_id
),

doubtful as (
    select coupling_id, record_key, product_id, is_by_id, is_of_this_source
    from candidates
    where gone_at is not null or not is_of_this_source
),

-- A product that got another SKU, or that comes by the other stream now, has a second record: the old one says nothing.
replaced as (
    select distinct doubtful.coupling_id, doubtful.record_key, doubtful.is_by_id
    from doubtful
    inner join known
        on known.coupling_id = doubtful.coupling_id
        and known.product_id = doubtful.product_id
        and (known.record_key <> doubtful.record_key or known.is_by_id <> doubtful.is_by_id)
    where case
        when doubtful.is_of_this_source then known.is_by_id = doubtful.is_by_id and known.gone_at is null
        else known.is_by_id <> doubtful.is_by_id
    end
)

select distinct on (candidates.coupling_id, coalesce(candidates.product_id, 'SKU ' || candidates.record_key))
    candidates.*
from candidates
left join replaced
    on replaced.coupling_id = candidates.coupling_id
    and replaced.record_key = candidates.record_key
    and replaced.is_by_id = candidates.is_by_id
where replaced.record_key is null
order by
    candidates.coupling_id,
    coalesce(candidates.product_id, 'SKU ' || candidates.record_key),
    candidates.is_of_this_source desc,
    candidates.gone_at is not null,
    candidates.modified_at desc nulls last,
    candidates.record_key
{%- endmacro %}
