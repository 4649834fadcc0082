-- Placing and cancelling a buy order in one call, and the tokens of the service's API, which does it over HTTP.

-- Who may use the service's API. The token itself is shown once and not kept.
create table platform.api_tokens (
    id            bigint generated always as identity primary key,
    name          text not null unique,
    digest        bytea not null check (length(digest) = 32),
    scopes        text[] not null
                  check (scopes <@ array['orders:read', 'orders:write', 'pull'] and cardinality(scopes) > 0),
    webshop_id    integer references platform.webshops (id),
    created_at    timestamptz not null default now(),
    expires_at    timestamptz not null,
    revoked_at    timestamptz,
    last_used_at  timestamptz
);
comment on column platform.api_tokens.digest is 'SHA-256 of the token''s secret part.';
comment on column platform.api_tokens.webshop_id is 'The only webshop that it opens; null = all.';

-- What Optiply said last of an order. The same again is no wish, whatever the remote made of the order since.
create table platform.placed_documents (
    buy_order_id  bigint primary key references optiply.buy_orders (id) on delete cascade,
    document      jsonb not null,
    placed_at     timestamptz not null default now()
);

-- Refuses a part of a document that is no object or has members that nobody reads.
create function platform.check_members(name text, path text, part jsonb, known text[]) returns void language plpgsql as $$
declare
    meant text := format('Its members are %s.', array_to_string(known, ', '));
    unknown_member text;
begin
    if jsonb_typeof(part) is distinct from 'object' then
        perform platform.refuse(name, coalesce(nullif(rtrim(path, '.'), ''), 'document'), 'is no JSON object', meant);
    end if;
    select member into unknown_member from jsonb_object_keys(part) as member where member <> all(known) limit 1;
    if found then
        perform platform.refuse(name, path || unknown_member, 'is not known', meant);
    end if;
end $$;

-- A member of a document as a number or a moment; null where it is absent, refused where it is something else.
create function platform.member_number(name text, path text, part jsonb, member text, decimals integer) returns numeric
language plpgsql as $$
declare
    given numeric := platform.to_number(platform.raw_text(part -> member));
begin
    if coalesce(jsonb_typeof(part -> member), 'null') <> 'null'
        and (given is null or given <> round(given, decimals) or abs(given) >= 1e15)
    then
        perform platform.refuse(
            name, path || member,
            case decimals when 0 then 'is not a whole number' else 'is not an amount of at most two decimals' end,
            'Give a plain number.'
        );
    end if;
    return given;
end $$;

create function platform.member_moment(name text, path text, part jsonb, member text) returns timestamptz
language plpgsql as $$
declare
    given timestamptz := platform.to_moment(platform.raw_text(part -> member));
begin
    if given is null and coalesce(jsonb_typeof(part -> member), 'null') <> 'null' then
        perform platform.refuse(name, path || member, 'is no moment', 'Give it as 2026-05-18T09:00:00Z.');
    end if;
    return given;
end $$;

create function platform.lines_of_document(name text, document jsonb) returns optiply.buy_order_lines[]
language plpgsql as $$
declare
    part jsonb;
    path text;
    line optiply.buy_order_lines;
    lines optiply.buy_order_lines[] := '{}';
begin
    if jsonb_typeof(document -> 'lines') is distinct from 'array' or document -> 'lines' = '[]' then
        perform platform.refuse(name, 'lines', 'are missing', 'An order has at least one line.');
    end if;
    for part in select value from jsonb_array_elements(document -> 'lines') loop
        path := format('lines[%s].', cardinality(lines));
        perform platform.check_members(
            name, path, part, array['optiply_id', 'product_id', 'quantity', 'subtotal_value', 'expected_delivery_date']
        );
        line := null;
        line.optiply_id := platform.member_number(name, path, part, 'optiply_id', 0);
        line.product_id := platform.member_number(name, path, part, 'product_id', 0);
        line.quantity := greatest(least(platform.member_number(name, path, part, 'quantity', 0), 1e9), -1e9);
        line.subtotal_value := platform.member_number(name, path, part, 'subtotal_value', 2);
        line.expected_delivery_date := platform.member_moment(name, path, part, 'expected_delivery_date');
        if line.optiply_id in (select (unnest(lines)).optiply_id) then
            perform platform.refuse(name, path || 'optiply_id', 'stands on two lines', 'Number each line.');
        end if;
        lines := lines || line;
    end loop;
    return lines;
end $$;

-- Makes the lines of a placed order those of a document. Lines that were added on the remote have no number of Optiply's
-- and stay.
create function platform.write_placed_lines(order_id bigint, lines optiply.buy_order_lines[]) returns void
language plpgsql as $$
declare
    line optiply.buy_order_lines;
    place integer := -1;
    said text;
    field text;
    remedy text;
begin
    foreach line in array lines loop
        place := place + 1;
        update optiply.buy_order_lines as stored
        set product_id = line.product_id, quantity = line.quantity, subtotal_value = line.subtotal_value,
            expected_delivery_date = coalesce(line.expected_delivery_date, stored.expected_delivery_date), deleted_at = null
        where stored.buy_order_id = order_id and stored.optiply_id = line.optiply_id;
        if not found then
            insert into optiply.buy_order_lines
                (buy_order_id, optiply_id, product_id, quantity, subtotal_value, expected_delivery_date)
            values (
                order_id, line.optiply_id, line.product_id, line.quantity, line.subtotal_value, line.expected_delivery_date
            );
        end if;
    end loop;
    update optiply.buy_order_lines as stored set deleted_at = date_trunc('second', now())
    where stored.buy_order_id = order_id and stored.deleted_at is null
        and stored.optiply_id <> all(array(select (unnest(lines)).optiply_id));
exception when check_violation then
    get stacked diagnostics said = message_text, field = column_name, remedy = pg_exception_hint;
    raise exception '%', said
        using errcode = 'check_violation', column = format('lines[%s].%s', place, field), hint = remedy;
end $$;

-- Places a buy order, or changes the one that has its number: {"optiply_id", "supplier_id", "placed",
-- "expected_delivery_date", "total_value", "lines": [{"optiply_id", "product_id", "quantity", "subtotal_value",
-- "expected_delivery_date"}]}, with our ids of supplier and products. Returns the id in optiply.buy_orders. The same
-- document again changes nothing; in another one a date that is left out stays, and a line that is left out is taken off.
create function platform.place_buy_order(webshop text, document jsonb) returns bigint language plpgsql as $$
declare
    given optiply.buy_orders;
    stored optiply.buy_orders;
    lines optiply.buy_order_lines[];
    name text := 'buy order';
    stated numeric;
begin
    perform platform.check_members(name, '', document, array[
        'optiply_id', 'supplier_id', 'placed', 'expected_delivery_date', 'total_value', 'lines'
    ]);
    given.optiply_id := platform.member_number(name, '', document, 'optiply_id', 0);
    name := format('buy order %s', coalesce(given.optiply_id::text, 'without optiply_id'));
    select id into given.webshop_id from platform.webshops where webshops.name = webshop;
    if not found then
        perform platform.refuse(name, 'webshop', format('%s is not known', webshop), 'Name a webshop by its folder.');
    elsif coalesce(given.optiply_id, 0) <= 0 then
        perform platform.refuse(name, 'optiply_id', 'is missing', 'Give Optiply''s own number of the order.');
    end if;
    given.supplier_id := platform.member_number(name, '', document, 'supplier_id', 0);
    given.placed := platform.member_moment(name, '', document, 'placed');
    given.expected_delivery_date := platform.member_moment(name, '', document, 'expected_delivery_date');
    stated := platform.member_number(name, '', document, 'total_value', 2);
    lines := platform.lines_of_document(name, document);
    given.total_value := (select coalesce(sum((line).subtotal_value), 0) from unnest(lines) as line);
    if stated <> given.total_value then
        perform platform.refuse(
            name, 'total_value', format('%s is not the sum of the lines, %s', stated, given.total_value), 'Leave it out.'
        );
    end if;

    perform pg_advisory_xact_lock(hashtextextended('place_buy_order', given.optiply_id));
    select * into stored from optiply.buy_orders where optiply_id = given.optiply_id for update;
    if not found then
        insert into optiply.buy_orders (webshop_id, optiply_id, supplier_id, placed, expected_delivery_date, total_value)
        values (
            given.webshop_id, given.optiply_id, given.supplier_id, given.placed, given.expected_delivery_date,
            given.total_value
        )
        returning * into stored;
    else
        perform platform.check_known_order(name, given.webshop_id, stored);
        if document = (select last.document from platform.placed_documents as last where last.buy_order_id = stored.id) then
            return stored.id;
        end if;
        update optiply.buy_orders
        set supplier_id = given.supplier_id, placed = coalesce(given.placed, stored.placed),
            expected_delivery_date = coalesce(given.expected_delivery_date, stored.expected_delivery_date),
            total_value = given.total_value + coalesce((
                select sum(added.subtotal_value) from optiply.buy_order_lines as added
                where added.buy_order_id = stored.id and added.optiply_id is null and added.deleted_at is null
            ), 0)
        where id = stored.id;
    end if;
    perform platform.write_placed_lines(stored.id, lines);
    insert into platform.placed_documents as last (buy_order_id, document) values (stored.id, document)
    on conflict (buy_order_id) do update set document = excluded.document, placed_at = now();
    return stored.id;
end $$;

-- Refuses an order that is another webshop's, that Optiply did not place here, or that is cancelled.
create function platform.check_known_order(name text, webshop_id integer, stored optiply.buy_orders) returns void
language plpgsql as $$
begin
    if stored.id is null or stored.webshop_id <> check_known_order.webshop_id then
        perform platform.refuse(name, 'optiply_id', 'is no order of this webshop', 'Name an order that was placed here.');
    elsif not platform.is_placed(stored.id) then
        perform platform.refuse(
            name, 'optiply_id', format('was not placed here: it is %s on the remote', stored.remote_id),
            'Change it in the system that it comes from.'
        );
    elsif stored.deleted_at is not null then
        perform platform.refuse(name, 'optiply_id', 'is cancelled', 'Place a new order under a number of its own.');
    end if;
end $$;

-- Cancels a placed order; returns its id. One that is cancelled already stays so.
create function platform.cancel_buy_order(webshop text, optiply_id bigint) returns bigint language plpgsql as $$
declare
    name text := format('buy order %s', optiply_id);
    stored optiply.buy_orders;
begin
    select orders.* into stored
    from optiply.buy_orders as orders
    inner join platform.webshops on webshops.id = orders.webshop_id
    where orders.optiply_id = cancel_buy_order.optiply_id and webshops.name = webshop
    for update of orders;
    if stored.deleted_at is not null and platform.is_placed(stored.id) then
        return stored.id;
    end if;
    perform platform.check_known_order(name, stored.webshop_id, stored);
    update optiply.buy_orders set deleted_at = date_trunc('second', now()) where id = stored.id;
    update optiply.buy_order_lines set deleted_at = date_trunc('second', now())
    where buy_order_id = stored.id and deleted_at is null;
    return stored.id;
end $$;
