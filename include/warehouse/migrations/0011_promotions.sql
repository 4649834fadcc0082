-- Promotions of the Optiply tables (model reference, A.8). No integration fills them yet: the tables are there, so that the
-- contract with Optiply is whole. The function is that of 0002, which dropped it.

create function platform.optiply_table(name text, attributes text) returns void language plpgsql as $$
begin
    execute format($sql$
        create table optiply.%1$I (
            id                          bigint generated always as identity primary key,
            webshop_id                  integer not null references platform.webshops (id),
            coupling_id                 integer not null references platform.couplings (id),
            remote_id                   varchar(255) not null check (remote_id <> ''),
            optiply_id                  bigint,
            optiply_uuid                uuid,
            %2$s,
            created_at                  timestamptz,
            updated_at                  timestamptz not null default now(),
            deleted_at                  timestamptz,
            remote_data_synced_to_date  timestamptz,
            _attributes_hash            varchar(64),
            _created_by                 bigint,
            _changed_by                 bigint,
            unique (coupling_id, remote_id)
        )$sql$, name, attributes);
    execute format('create unique index %I on optiply.%I (optiply_id) where optiply_id is not null', name || '_optiply_id', name);
end $$;

-- What the API calls a close-out is not known: a third type of uplift is a later migration.
select platform.optiply_table('promotions', $$
    name             varchar(255) not null check (name <> ''),
    start_date       timestamptz not null,
    end_date         timestamptz not null,
    uplift_type      varchar(16) check (uplift_type in ('absolute', 'relative')),
    uplift_increase  integer,
    enabled          boolean not null default true,
    entire_shop      boolean not null default false,
    check (end_date >= start_date)
$$);

select platform.optiply_table('promotion_products', $$
    promotion_id              bigint not null references optiply.promotions (id) on delete cascade,
    product_id                bigint not null references optiply.products (id),
    specific_uplift_type      varchar(16) check (specific_uplift_type in ('absolute', 'relative')),
    specific_uplift_increase  integer
$$);
create unique index promotion_products_pair on optiply.promotion_products (promotion_id, product_id) where deleted_at is null;
create index promotion_products_product on optiply.promotion_products (product_id);

drop function platform.optiply_table(text, text);
