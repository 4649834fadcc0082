-- Buy orders that Optiply places (B15): rows without a remote id until the push confirms them, made by SQL or by
-- platform.place_buy_order. Who writes says so in the setting `optiply.writer`, for its own transaction: `platform` (the
-- push), `transform` (the mapping). Anybody else is Optiply, and its change of a placed order is a wish for the remote.

alter table optiply.buy_orders
    alter column remote_id drop not null,
    add constraint buy_orders_identity check (remote_id is not null or optiply_id is not null);
alter table optiply.buy_order_lines
    alter column remote_id drop not null,
    add constraint buy_order_lines_identity check (remote_id is not null or optiply_id is not null);

-- What is not confirmed yet, found without walking the orders that are.
create index buy_orders_unconfirmed on optiply.buy_orders (coupling_id, optiply_id) where remote_id is null;
create index buy_order_lines_unconfirmed on optiply.buy_order_lines (buy_order_id) where remote_id is null;

-- Refuses a write, naming the record and the field; the remedy goes along as the hint.
create function platform.refuse(record text, field text, reason text, remedy text) returns void language plpgsql as $$
begin
    raise exception '%: % %', record, field, reason using errcode = 'check_violation', column = field, hint = remedy;
end $$;

-- What a coupling calls a product or supplier of ours: its own record, or the one that was merged into the row.
create function platform.remote_id_in(object text, row_id bigint, wanted_coupling_id integer) returns text
language plpgsql stable as $$
declare
    found_id text;
begin
    execute format('select remote_id from optiply.%I where id = $1 and coupling_id = $2', object)
        into found_id using row_id, wanted_coupling_id;
    if found_id is null and to_regclass(format('mapping.int_%s__members', object)) is not null then
        execute format(
            'select member.remote_id from optiply.%I as stored join mapping.%I as member'
            ' on member.anchor_coupling_id = stored.coupling_id and member.anchor_remote_id = stored.remote_id'
            ' where stored.id = $1 and member.coupling_id = $2 and member.problem is null'
            ' order by member.remote_id limit 1',
            object, 'int_' || object || '__members'
        ) into found_id using row_id, wanted_coupling_id;
    end if;
    return found_id;
end $$;

create function platform.is_placed(order_id bigint) returns boolean language sql stable return
    exists (select from platform.push_orders where buy_order_id = order_id);

-- Refuses an order that could not be sent.
create function platform.check_placed_order(placed_order optiply.buy_orders) returns void language plpgsql as $$
declare
    name text := format('buy order %s', placed_order.optiply_id);
    supplier optiply.suppliers;
    coupling_name text := (select couplings.name from platform.couplings where id = placed_order.coupling_id);
begin
    select * into supplier from optiply.suppliers where id = placed_order.supplier_id;
    if not found then
        perform platform.refuse(
            name, 'supplier_id', format('%s is no supplier', coalesce(placed_order.supplier_id::text, 'null')),
            'Name a row of optiply.suppliers by its id.'
        );
    elsif supplier.webshop_id <> placed_order.webshop_id then
        perform platform.refuse(
            name, 'supplier_id', format('%s belongs to another webshop', supplier.id),
            'Name a supplier of the order''s webshop.'
        );
    elsif supplier.deleted_at is not null then
        perform platform.refuse(
            name, 'supplier_id', format('%s (%s) is deleted', supplier.id, supplier.name),
            'Choose another supplier, or bring it back in its system.'
        );
    elsif platform.remote_id_in('suppliers', supplier.id, placed_order.coupling_id) is null then
        perform platform.refuse(
            name, 'supplier_id', format('%s (%s) is not known in %s', supplier.id, supplier.name, coupling_name),
            format('Make the supplier in %s and wait for the next pull.', coupling_name)
        );
    elsif placed_order.total_value < 0 then
        perform platform.refuse(name, 'total_value', 'is below zero', 'It is the sum of the lines'' subtotal_value.');
    elsif placed_order.placed < '1990-01-01' or placed_order.placed >= '2900-01-01' then
        perform platform.refuse(name, 'placed', 'is no real date', 'Give the moment at which the order was placed.');
    end if;
end $$;

create function platform.check_placed_line(line optiply.buy_order_lines) returns void language plpgsql as $$
declare
    name text := format('buy order line %s', line.optiply_id);
    product optiply.products;
    coupling_name text := (select couplings.name from platform.couplings where id = line.coupling_id);
begin
    select * into product from optiply.products where id = line.product_id;
    if not found then
        perform platform.refuse(
            name, 'product_id', format('%s is no product', coalesce(line.product_id::text, 'null')),
            'Name a row of optiply.products by its id.'
        );
    elsif product.webshop_id <> line.webshop_id then
        perform platform.refuse(
            name, 'product_id', format('%s belongs to another webshop', product.id),
            'Name a product of the order''s webshop.'
        );
    elsif product.deleted_at is not null then
        perform platform.refuse(
            name, 'product_id', format('%s (%s) is deleted', product.id, product.name),
            'Choose another product, or bring it back in its system.'
        );
    elsif platform.remote_id_in('products', product.id, line.coupling_id) is null then
        perform platform.refuse(
            name, 'product_id', format('%s (%s) is not known in %s', product.id, product.name, coupling_name),
            format('Make the product in %s and wait for the next pull.', coupling_name)
        );
    elsif line.quantity is null or line.quantity not between 1 and 9999999 then
        perform platform.refuse(
            name, 'quantity', format('%s is not between 1 and 9999999', coalesce(line.quantity::text, 'null')),
            'Give how many pieces are ordered; a line is taken off by deleting it.'
        );
    elsif line.subtotal_value is null or line.subtotal_value < 0 then
        perform platform.refuse(
            name, 'subtotal_value', format('%s is no amount of zero or more', coalesce(line.subtotal_value::text, 'null')),
            'Give the value of the whole line without VAT.'
        );
    end if;
end $$;

create function platform.place_order() returns trigger language plpgsql as $$
declare
    name text := format('buy order %s', coalesce(new.optiply_id::text, 'without optiply_id'));
    owner_id integer;
begin
    if coalesce(new.optiply_id, 0) <= 0 then
        perform platform.refuse(name, 'optiply_id', 'is missing', 'Give Optiply''s own number of the order.');
    elsif new.reference <> new.optiply_id then
        perform platform.refuse(name, 'reference', 'is not its optiply_id', 'Leave it out: it is filled.');
    elsif new.completed is not null or new.deleted_at is not null then
        perform platform.refuse(
            name, case when new.completed is null then 'deleted_at' else 'completed' end, 'is set',
            'Place an open order.'
        );
    end if;
    new.webshop_id := coalesce(
        new.webshop_id,
        (select webshop_id from platform.couplings where id = new.coupling_id),
        (select webshop_id from optiply.suppliers where id = new.supplier_id)
    );
    if new.webshop_id is null then
        perform platform.refuse(
            name, 'supplier_id', format('%s is no supplier', coalesce(new.supplier_id::text, 'null')),
            'Name a row of optiply.suppliers by its id.'
        );
    elsif exists (select from optiply.buy_orders where optiply_id = new.optiply_id and webshop_id <> new.webshop_id) then
        perform platform.refuse(
            name, 'optiply_id', 'is an order of another webshop',
            'Optiply''s numbers are of one order each.'
        );
    end if;
    select ownership.coupling_id into owner_id
    from platform.ownership
    inner join platform.couplings on couplings.id = ownership.coupling_id and couplings.webshop_id = ownership.webshop_id
    where ownership.webshop_id = new.webshop_id and ownership.object = 'buy_orders'
        and (new.coupling_id is null or ownership.coupling_id = new.coupling_id)
    order by ownership.priority
    limit 1;
    if owner_id is null then
        perform platform.refuse(
            name, 'coupling_id',
            coalesce(new.coupling_id || ' does not own', 'is missing: no coupling owns')
                || ' the buy orders of this webshop',
            'The couplings'' YAML files say who owns buy_orders.'
        );
    end if;
    new.coupling_id := owner_id;
    new.reference := new.optiply_id;
    new.placed := coalesce(new.placed, date_trunc('second', now()));
    new.created_at := coalesce(new.created_at, date_trunc('second', now()));
    perform platform.check_placed_order(new);
    return new;
end $$;

create function platform.place_line() returns trigger language plpgsql as $$
declare
    name text := format('buy order line %s', coalesce(new.optiply_id::text, 'without optiply_id'));
    parent optiply.buy_orders;
begin
    select * into parent from optiply.buy_orders where id = new.buy_order_id;
    if coalesce(new.optiply_id, 0) <= 0 then
        perform platform.refuse(name, 'optiply_id', 'is missing', 'Give Optiply''s own number of the line.');
    elsif new.reference <> new.optiply_id then
        perform platform.refuse(name, 'reference', 'is not its optiply_id', 'Leave it out: it is filled.');
    elsif parent.id is null then
        perform platform.refuse(
            name, 'buy_order_id', format('%s is no buy order', coalesce(new.buy_order_id::text, 'null')),
            'Name a row of optiply.buy_orders by its id.'
        );
    elsif new.webshop_id <> parent.webshop_id or new.coupling_id <> parent.coupling_id then
        perform platform.refuse(
            name, 'buy_order_id', format('%s belongs to another webshop or coupling', parent.id),
            'Leave webshop_id and coupling_id out: they are the order''s.'
        );
    elsif not platform.is_placed(parent.id) then
        perform platform.refuse(
            name, 'buy_order_id', format('%s was not placed by Optiply', parent.id),
            'Change the order in the system that it comes from.'
        );
    elsif parent.deleted_at is not null or parent.completed is not null then
        perform platform.refuse(
            name, 'buy_order_id',
            format('%s is %s', parent.id, case when parent.completed is null then 'cancelled' else 'complete' end),
            'Place a new order.'
        );
    elsif exists (select from optiply.buy_order_lines where optiply_id = new.optiply_id and buy_order_id <> parent.id) then
        perform platform.refuse(
            name, 'optiply_id', 'is a line of another order',
            'Optiply''s numbers are of one line each.'
        );
    end if;
    new.webshop_id := parent.webshop_id;
    new.coupling_id := parent.coupling_id;
    new.reference := new.optiply_id;
    new.created_at := coalesce(new.created_at, date_trunc('second', now()));
    perform platform.check_placed_line(new);
    return new;
end $$;

create function platform.change_placed_order() returns trigger language plpgsql as $$
declare
    name text := format('buy order %s', old.optiply_id);
    field text;
begin
    if not platform.is_placed(old.id) then
        return new;
    end if;
    field := case
        when new.remote_id is distinct from old.remote_id then 'remote_id'
        when new.optiply_id is distinct from old.optiply_id then 'optiply_id'
        when new.reference is distinct from old.reference then 'reference'
        when new.webshop_id <> old.webshop_id then 'webshop_id'
        when new.coupling_id <> old.coupling_id then 'coupling_id'
    end;
    if field is not null then
        perform platform.refuse(
            name, field, 'of an order that was placed does not change',
            'Cancel the order and place another one.'
        );
    elsif row(new.supplier_id, new.placed, new.total_value, new.expected_delivery_date, new.assembly, new.deleted_at)
        is not distinct from
        row(old.supplier_id, old.placed, old.total_value, old.expected_delivery_date, old.assembly, old.deleted_at)
    then
        return new;
    elsif old.completed is not null and new.completed is not null then
        perform platform.refuse(
            name, 'completed', format('since %s: it is not changed any more', old.completed),
            'Place a new order.'
        );
    elsif old.deleted_at is not null and new.deleted_at is null and old.remote_id is not null then
        perform platform.refuse(
            name, 'deleted_at', 'is not taken back once the order is cancelled',
            'Place a new order.'
        );
    elsif new.deleted_at is null then
        perform platform.check_placed_order(new);
    end if;
    new.updated_at := greatest(new.updated_at, date_trunc('second', now()), old.updated_at + interval '1 second');
    return new;
end $$;

create function platform.change_placed_line() returns trigger language plpgsql as $$
declare
    name text := format('buy order line %s', coalesce(old.optiply_id::text, old.remote_id));
    parent optiply.buy_orders;
    field text;
begin
    if not platform.is_placed(old.buy_order_id) then
        return new;
    end if;
    field := case
        when new.remote_id is distinct from old.remote_id then 'remote_id'
        when new.optiply_id is distinct from old.optiply_id and old.optiply_id is not null then 'optiply_id'
        when new.buy_order_id <> old.buy_order_id then 'buy_order_id'
        when new.webshop_id <> old.webshop_id then 'webshop_id'
        when new.coupling_id <> old.coupling_id then 'coupling_id'
    end;
    select * into parent from optiply.buy_orders where id = old.buy_order_id;
    if field is not null then
        perform platform.refuse(
            name, field, 'of a line that was placed does not change',
            'Take the line off and add another one.'
        );
    elsif row(new.product_id, new.quantity, new.subtotal_value, new.expected_delivery_date, new.deleted_at)
        is not distinct from
        row(old.product_id, old.quantity, old.subtotal_value, old.expected_delivery_date, old.deleted_at)
    then
        return new;
    elsif parent.completed is not null then
        perform platform.refuse(
            name, 'buy_order_id', format('%s is complete: it is not changed any more', parent.id),
            'Place a new order.'
        );
    elsif new.deleted_at is null and parent.deleted_at is not null then
        perform platform.refuse(name, 'buy_order_id', format('%s is cancelled', parent.id), 'Place a new order.');
    elsif new.deleted_at is null then
        perform platform.check_placed_line(new);
    end if;
    new.updated_at := greatest(new.updated_at, date_trunc('second', now()), old.updated_at + interval '1 second');
    return new;
end $$;

-- A placed order and its lines stay on record: taking one away cancels it, or takes the line off the order.
create function platform.remove_placed_order() returns trigger language plpgsql as $$
begin
    if not platform.is_placed(old.id) then
        return old;
    end if;
    update optiply.buy_orders set deleted_at = date_trunc('second', now()) where id = old.id and deleted_at is null;
    return null;
end $$;

create function platform.remove_placed_line() returns trigger language plpgsql as $$
begin
    if not platform.is_placed(old.buy_order_id) then
        return old;
    end if;
    update optiply.buy_order_lines set deleted_at = date_trunc('second', now()) where id = old.id and deleted_at is null;
    return null;
end $$;

create function platform.wish_of_order() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' or platform.is_placed(new.id) then
        perform platform.wish_buy_order(new.id);
    end if;
    return null;
end $$;

create function platform.wish_of_line() returns trigger language plpgsql as $$
begin
    if platform.is_placed(new.buy_order_id) then
        perform platform.wish_buy_order(new.buy_order_id);
    end if;
    return null;
end $$;

-- What the remote said before it heard Optiply's wish does not overwrite the wish: of a row of such an order the transform
-- only learns the remote id. The push puts the order into the news when the wish is settled.
create function platform.keep_unsent_wish() returns trigger language plpgsql as $$
declare
    order_id bigint := case tg_table_name when 'buy_orders' then old.id else (to_jsonb(old) ->> 'buy_order_id')::bigint end;
begin
    if not exists (select from platform.push_orders where buy_order_id = order_id and wanted_version > sent_version) then
        return new;
    elsif old.remote_id is null and new.remote_id is not null then
        old.remote_id := new.remote_id;
        return old;
    end if;
    return null;
end $$;

-- A record that was mapped as a row of its own before it was recognised as the placed one gives way; the transform maps
-- its receipts anew. A row that Optiply knows under another number does not.
create function platform.adopt_order() returns trigger language plpgsql as $$
declare
    known_as bigint;
begin
    delete from optiply.buy_orders as other
    where other.coupling_id = new.coupling_id and other.remote_id = new.remote_id
        and other.id <> new.id and other.optiply_id is null;
    if found then
        insert into platform.news (webshop_id, coupling_id, object, root_key)
        values (new.webshop_id, new.coupling_id, 'buy_orders', new.remote_id);
    end if;
    select other.optiply_id into known_as from optiply.buy_orders as other
    where other.coupling_id = new.coupling_id and other.remote_id = new.remote_id and other.id <> new.id;
    if found then
        perform platform.refuse(
            format('buy order %s', new.optiply_id), 'remote_id',
            format('%s is order %s of Optiply', new.remote_id, known_as),
            'Find out which of the two was sent, and cancel the other one.'
        );
    end if;
    return new;
end $$;

-- Lines of one product can be told apart only by the remote's answer, which may come later than the first guess.
create function platform.adopt_line() returns trigger language plpgsql as $$
begin
    delete from optiply.buy_order_lines as other
    where other.coupling_id = new.coupling_id and other.remote_id = new.remote_id
        and other.id <> new.id and other.optiply_id is null;
    update optiply.buy_order_lines as other set remote_id = null
    where other.coupling_id = new.coupling_id and other.remote_id = new.remote_id and other.id <> new.id
        and other.buy_order_id = new.buy_order_id;
    return new;
end $$;

-- The conditions are all that a bulk write of the platform pays: a function is called for it only where the transform
-- changes a stored row.
create trigger place before insert on optiply.buy_orders for each row
    when (new.remote_id is null) execute function platform.place_order();
create trigger place before insert on optiply.buy_order_lines for each row
    when (new.remote_id is null) execute function platform.place_line();
create trigger change before update on optiply.buy_orders for each row
    when (coalesce(current_setting('optiply.writer', true), '') = '') execute function platform.change_placed_order();
create trigger change before update on optiply.buy_order_lines for each row
    when (coalesce(current_setting('optiply.writer', true), '') = '') execute function platform.change_placed_line();
create trigger remove before delete on optiply.buy_orders for each row
    when (coalesce(current_setting('optiply.writer', true), '') = '') execute function platform.remove_placed_order();
create trigger remove before delete on optiply.buy_order_lines for each row
    when (coalesce(current_setting('optiply.writer', true), '') = '') execute function platform.remove_placed_line();
create trigger keep_wish before update on optiply.buy_orders for each row
    when (old.reference is not null and current_setting('optiply.writer', true) = 'transform')
    execute function platform.keep_unsent_wish();
create trigger keep_wish before update on optiply.buy_order_lines for each row
    when (current_setting('optiply.writer', true) = 'transform') execute function platform.keep_unsent_wish();
create trigger adopt before update on optiply.buy_orders for each row
    when (new.remote_id is distinct from old.remote_id and new.remote_id is not null)
    execute function platform.adopt_order();
create trigger adopt before update on optiply.buy_order_lines for each row
    when (new.remote_id is distinct from old.remote_id and new.remote_id is not null)
    execute function platform.adopt_line();
create trigger wish_new after insert on optiply.buy_orders for each row
    when (new.remote_id is null) execute function platform.wish_of_order();
create trigger wish_new after insert on optiply.buy_order_lines for each row
    when (new.remote_id is null) execute function platform.wish_of_line();
create trigger wish_change after update on optiply.buy_orders for each row
    when (coalesce(current_setting('optiply.writer', true), '') = ''
        and row(new.supplier_id, new.placed, new.total_value, new.expected_delivery_date, new.assembly, new.deleted_at)
        is distinct from
        row(old.supplier_id, old.placed, old.total_value, old.expected_delivery_date, old.assembly, old.deleted_at))
    execute function platform.wish_of_order();
create trigger wish_change after update on optiply.buy_order_lines for each row
    when (coalesce(current_setting('optiply.writer', true), '') = ''
        and row(new.product_id, new.quantity, new.subtotal_value, new.expected_delivery_date, new.deleted_at)
        is distinct from
        row(old.product_id, old.quantity, old.subtotal_value, old.expected_delivery_date, old.deleted_at))
    execute function platform.wish_of_line();
