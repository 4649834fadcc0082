-- The buying side of the Optiply tables (model reference, A.6 and A.7). The function is that of 0002, which dropped it.

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

select platform.optiply_table('buy_orders', $$
    supplier_id             bigint not null references optiply.suppliers (id),
    placed                  timestamptz not null,
    total_value             numeric(19, 2) not null default 0,
    completed               timestamptz,
    expected_delivery_date  timestamptz,
    assembly                boolean not null default false,
    reference               bigint
$$);
create index buy_orders_supplier on optiply.buy_orders (supplier_id);
comment on column optiply.buy_orders.reference is 'Optiply''s own id of a buy order that was exported from Optiply.';

-- A product may stand on several lines of one buy order.
select platform.optiply_table('buy_order_lines', $$
    buy_order_id            bigint not null references optiply.buy_orders (id) on delete cascade,
    product_id              bigint not null references optiply.products (id),
    quantity                integer not null check (quantity > 0),
    subtotal_value          numeric(19, 2) not null,
    expected_delivery_date  timestamptz,
    reference               bigint
$$);
create index buy_order_lines_order on optiply.buy_order_lines (buy_order_id);
create index buy_order_lines_product on optiply.buy_order_lines (product_id);

-- A quantity below zero is a return, where the coupling takes returns.
select platform.optiply_table('receipt_lines', $$
    buy_order_line_id  bigint not null references optiply.buy_order_lines (id) on delete cascade,
    quantity           integer not null check (quantity <> 0),
    occurred           timestamptz not null default now(),
    reference          bigint
$$);
create index receipt_lines_line on optiply.receipt_lines (buy_order_line_id);

drop function platform.optiply_table(text, text);
