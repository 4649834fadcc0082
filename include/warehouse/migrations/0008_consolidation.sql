-- One Optiply row from the records of several couplings: who takes part, by which key they meet, whose word counts.

-- A contributor's records only add fields to the rows of the owners.
alter table platform.ownership add column makes_rows boolean not null default true;

-- Objects of a webshop with several sources: records with the same value of match_key are one row.
create table platform.consolidation (
    webshop_id  integer not null references platform.webshops (id),
    object      text not null check (object in ('products', 'suppliers')),
    match_key   text not null check (match_key in ('ean', 'sku', 'name', 'global_location_number', 'remote_id')),
    primary key (webshop_id, object)
);

-- Couplings named for a field; priority 1 wins. After them, and for fields that are not here, come the owners.
create table platform.field_priority (
    webshop_id   integer not null references platform.webshops (id),
    object       text not null,
    field        text not null,
    coupling_id  integer not null references platform.couplings (id),
    priority     integer not null,
    primary key (webshop_id, object, field, coupling_id)
);

-- Who won which field of an Optiply row that has more than one source: {"stock_level": <coupling_id>, …}.
create table platform.winners (
    object       text not null,
    coupling_id  integer not null,
    remote_id    text not null,
    winners      jsonb not null,
    decided_at   timestamptz not null default now(),
    primary key (object, coupling_id, remote_id)
);
comment on column platform.winners.decided_at is 'When the winners last became others.';

-- The mapped tables of a warehouse that is in use; dbt makes these columns and indexes with the tables of a new one.
do $$
declare
    consolidated text;
    parent record;
begin
    foreach consolidated in array array['int_products__unioned', 'int_suppliers__unioned'] loop
        if to_regclass('mapping.' || consolidated) is not null then
            execute format('alter table mapping.%I add column match_value text', consolidated);
            execute format('create index on mapping.%I (webshop_id, match_value)', consolidated);
        end if;
    end loop;
    for parent in values
        ('int_supplier_products__unioned', 'supplier_remote_id'),
        ('int_product_compositions__unioned', 'composed_remote_id'),
        ('int_product_compositions__unioned', 'part_remote_id'),
        ('int_buy_order_lines__unioned', 'product_remote_id'),
        ('int_buy_orders__unioned', 'supplier_remote_id')
    loop
        if to_regclass('mapping.' || parent.column1) is not null then
            execute format('create index on mapping.%I (coupling_id, %I)', parent.column1, parent.column2);
        end if;
    end loop;
end $$;
