-- One row per assembled item and part, of the bills of assembly or of the versions of manufacturing. A part that stands
-- on several lines of one bill is needed as often as all of them say, so their quantities are added.
with materials as (
    select * from {{ news('product_compositions', ref('stg_exact_online__assembly_materials')) }} as landed
),

headers as (
    select
        coupling_id,
        root_key,
        max(batch_quantity) filter (where gone_at is null) as batch_quantity,
        max(modified_at) as modified_at,
        min(gone_at) as gone_at,
        bool_and(gone_at is not null) as is_gone
    from {{ news('product_compositions', ref('stg_exact_online__assembly_boms')) }} as landed
    group by coupling_id, root_key
),

-- Of an item's versions the active default one counts (status 30).
versions as (
    select distinct on (landed.coupling_id, landed.item) landed.*
    from {{ news('product_compositions', ref('stg_exact_online__bom_versions')) }} as landed
    where landed.gone_at is null and landed.is_default and landed.status = 30
    order by landed.coupling_id, landed.item, landed.modified_at desc nulls last, landed.record_key
),

lines as (
    select
        materials.webshop_id,
        materials.coupling_id,
        materials.root_key,
        materials.root_key as composed_item,
        materials.part_item,
        materials.quantity,
        coalesce(materials.batch_quantity, headers.batch_quantity) as batch,
        greatest(materials.modified_at, headers.modified_at) as changed_at,
        coalesce(materials.gone_at, case when headers.is_gone then headers.gone_at end) as removed_at,
        false as is_of_versions
    from materials
    left join headers on headers.coupling_id = materials.coupling_id and headers.root_key = materials.root_key

    union all

    select
        parts.webshop_id,
        parts.coupling_id,
        parts.root_key,
        versions.item,
        parts.part_item,
        parts.quantity,
        versions.batch_quantity,
        greatest(parts.modified_at, versions.modified_at),
        parts.gone_at,
        true
    from {{ news('product_compositions', ref('stg_exact_online__bom_materials')) }} as parts
    inner join versions on versions.coupling_id = parts.coupling_id and versions.record_key = parts.root_key
),

grouped as (
    select
        webshop_id,
        coupling_id,
        root_key,
        composed_item,
        part_item,
        is_of_versions,
        sum(quantity) filter (where removed_at is null) as quantity,
        bool_or(removed_at is null and quantity is null) as is_unreadable,
        max(batch) filter (where removed_at is null) as batch,
        max(changed_at) as changed_at,
        case when bool_and(removed_at is not null) then max(removed_at) end as removed_at
    from lines
    group by webshop_id, coupling_id, root_key, composed_item, part_item, is_of_versions
)

select
    grouped.webshop_id,
    grouped.coupling_id,
    grouped.composed_item || '_' || coalesce(grouped.part_item, '') as remote_id,
    grouped.root_key,
    grouped.composed_item as composed_remote_id,
    grouped.part_item as part_remote_id,
    case
        when grouped.is_unreadable then null
        else grouped.quantity * coalesce(part_units.factor, 1)
            / (case when settings.is_per_piece then nullif(grouped.batch, 0) else 1 end * coalesce(set_units.factor, 1))
    end as part_quantity,
    grouped.batch * coalesce(set_units.factor, 1) as batch_quantity,
    grouped.changed_at as updated_at,
    grouped.removed_at as deleted_at,
    {{ problems([
        ["settings.is_per_piece and grouped.batch is null", "blocked|part_quantity|batch quantity is unknown"],
    ]) }} as problems
from grouped
inner join {{ ref('stg_exact_online__settings') }} as settings
    on settings.coupling_id = grouped.coupling_id and settings.is_of_versions = grouped.is_of_versions
left join {{ ref('int_item_units__exact_online') }} as part_units
    on part_units.coupling_id = grouped.coupling_id and part_units.item = grouped.part_item
left join {{ ref('int_item_units__exact_online') }} as set_units
    on set_units.coupling_id = grouped.coupling_id and set_units.item = grouped.composed_item
