-- The Optiply tables (model reference, section A): the contract with Optiply. The platform's dbt models write them.

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

select platform.optiply_table('products', $$
    name                    varchar(255) not null check (name <> ''),
    sku_code                varchar(255),
    article_code            varchar(255),
    ean_code                varchar(255),
    price                   numeric(11, 2) check (price >= 0),
    unlimited_stock         boolean not null default false,
    stock_level             integer not null default 0 check (stock_level between -9999999 and 9999999),
    status                  varchar(8) not null default 'enabled' check (status in ('enabled', 'disabled')),
    not_being_bought        boolean not null default false,
    resuming_purchase       timestamptz,
    assembled               boolean not null default false,
    minimum_stock           integer,
    maximum_stock           integer,
    ignored                 boolean not null default false,
    manual_service_level    numeric(5, 2),
    stock_measurement_unit  varchar(10)
$$);

select platform.optiply_table('suppliers', $$
    name                       varchar(255) not null check (name <> ''),
    emails                     text[] not null default '{}',
    delivery_time              smallint check (delivery_time between 1 and 365),
    user_replenishment_period  smallint check (user_replenishment_period between 1 and 365),
    fixed_costs                numeric(11, 2) check (fixed_costs >= 0),
    minimum_order_value        numeric(11, 2) check (minimum_order_value >= 0),
    ignored                    boolean not null default false,
    type                       varchar(8) not null default 'vendor' check (type in ('vendor', 'producer')),
    global_location_number     char(13),
    max_load_capacity          integer,
    container_volume           integer,
    reacting_to_lost_sales     boolean,
    lost_sales_reaction        smallint check (lost_sales_reaction in (0, 1)),
    lost_sales_mov_reaction    smallint check (lost_sales_mov_reaction in (0, 1)),
    backorders                 boolean,
    backorder_threshold        smallint check (backorder_threshold in (0, 1)),
    backorders_reaction        smallint check (backorders_reaction in (0, 1)),
    currency                   char(3)
$$);

select platform.optiply_table('supplier_products', $$
    product_id                 bigint not null references optiply.products (id),
    supplier_id                bigint not null references optiply.suppliers (id),
    name                       varchar(255) not null check (name <> ''),
    sku_code                   varchar(255),
    ean_code                   varchar(255),
    article_code               varchar(255),
    price                      numeric(11, 2) check (price >= 0),
    minimum_purchase_quantity  integer check (minimum_purchase_quantity >= 1),
    lot_size                   integer check (lot_size >= 1),
    delivery_time              smallint check (delivery_time >= 1),
    preferred                  boolean not null default false,
    status                     varchar(8) not null default 'enabled' check (status in ('enabled', 'disabled')),
    availability               boolean,
    availability_date          timestamptz,
    free_stock                 integer check (free_stock >= 0),
    weight                     numeric(12, 2),
    volume                     numeric(12, 2),
    cost_price                 numeric(11, 2),
    discount_price             numeric(11, 2),
    secondary_currency_price   numeric(11, 2),
    economic_order_quantity    integer
$$);
create unique index supplier_products_pair on optiply.supplier_products (product_id, supplier_id) where deleted_at is null;
create index supplier_products_supplier on optiply.supplier_products (supplier_id);

select platform.optiply_table('product_compositions', $$
    composed_product_id  bigint not null references optiply.products (id),
    part_product_id      bigint not null references optiply.products (id),
    part_quantity        integer not null check (part_quantity >= 1),
    batch_quantity       integer,
    check (composed_product_id <> part_product_id)
$$);
create unique index product_compositions_pair on optiply.product_compositions (composed_product_id, part_product_id) where deleted_at is null;
create index product_compositions_part on optiply.product_compositions (part_product_id);

select platform.optiply_table('sell_orders', $$
    placed       timestamptz not null,
    total_value  numeric(19, 2) not null default 0,
    completed    timestamptz
$$);

select platform.optiply_table('sell_order_lines', $$
    sell_order_id   bigint not null references optiply.sell_orders (id) on delete cascade,
    product_id      bigint not null references optiply.products (id),
    quantity        integer not null,
    subtotal_value  numeric(19, 2) not null
$$);
create unique index sell_order_lines_pair on optiply.sell_order_lines (sell_order_id, product_id) where deleted_at is null;
create index sell_order_lines_product on optiply.sell_order_lines (product_id);

drop function platform.optiply_table(text, text);

-- A GTIN as it is compared: digits only, leading zeros dropped (B14: zero-padded GTIN); null when nothing is left.
create function platform.gtin(code text) returns text language sql immutable parallel safe return
    nullif(ltrim(regexp_replace(code, '[^0-9]', '', 'g'), '0'), '');

-- A SKU as it is compared: trimmed, case-insensitive (B14).
create function platform.sku(code text) returns text language sql immutable parallel safe return
    nullif(lower(btrim(code)), '');

create index products_gtin on optiply.products (webshop_id, platform.gtin(ean_code)) where deleted_at is null;
create index products_sku on optiply.products (webshop_id, platform.sku(sku_code)) where deleted_at is null;
