-- How an order is made and by which field it is found are fixed at the first try, as its reference is: with a setting that
-- is changed meanwhile, an order of which nobody knows would be looked for where it is not, and sent a second time.
alter table platform.push_orders
    add column kind text,
    add column found_by text;
comment on column platform.push_orders.kind is 'Which section of the manifest it is made by: buy_orders, or the name of a variant; null before the first try.';
comment on column platform.push_orders.found_by is 'The field of the remote''s record that holds the reference; null before the first try.';
