-- What came in on buy orders of another system, added to a shop's stock: once per receipt, each write noted before it is made.

create table platform.stock_starts (
    coupling_id  integer primary key references platform.couplings (id),
    started_at   timestamptz not null default now()
);
comment on table platform.stock_starts is 'Since when a coupling''s shop is told what came in; what had come in before is in its stock already.';

create table platform.stock_receipts (
    coupling_id  integer not null references platform.couplings (id),
    source_id    integer not null references platform.couplings (id),
    receipt_id   text not null,
    quantity     integer not null,
    primary key (coupling_id, source_id, receipt_id)
);
comment on table platform.stock_receipts is 'How many pieces of a receipt a shop''s stock has: of one that grows or is taken back only the difference is told.';
comment on column platform.stock_receipts.receipt_id is 'The remote id of the receipt line in the coupling source_id: a row that is mapped anew is no new receipt.';

create table platform.stock_updates (
    id            bigint generated always as identity primary key,
    coupling_id   integer not null references platform.couplings (id),
    product_id    bigint not null,
    remote_id     text not null,
    added         integer not null,
    receipts      jsonb not null,
    level_before  numeric,
    level_after   numeric,
    intended_at   timestamptz not null default clock_timestamp(),
    finished_at   timestamptz,
    outcome       text check (outcome in ('accepted', 'found', 'absent', 'skipped', 'unknown', 'refused', 'parked')),
    status        integer,
    words         text,
    next_step     text,
    decided_by    text
);
comment on table platform.stock_updates is 'One row per write of a shop''s stock, committed before the call. Without an outcome: it runs, or its process died.';
comment on column platform.stock_updates.receipts is 'What is told: source_id, receipt_id and the quantity of each receipt afterwards.';
comment on column platform.stock_updates.level_after is 'The level that is written: the API sets a level and adds nothing.';
comment on column platform.stock_updates.outcome is 'accepted, refused, unknown = by the answer; found, absent = by the level that the shop tells afterwards, or by a person; skipped = the shop keeps no stock of it; parked = only a person can tell.';
create index stock_updates_product on platform.stock_updates (coupling_id, remote_id, id);
create index stock_updates_open on platform.stock_updates (coupling_id) where outcome is null or outcome in ('unknown', 'refused', 'parked');
