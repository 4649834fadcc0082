-- Buy orders out: what Optiply wants of each order, what was sent, what came back. A step is written before its call.

create table platform.push_orders (
    id              bigint generated always as identity primary key,
    webshop_id      integer not null references platform.webshops (id),
    coupling_id     integer not null references platform.couplings (id),
    buy_order_id    bigint not null unique references optiply.buy_orders (id),
    reference       text not null check (reference <> ''),
    state           text not null default 'waiting'
                    check (state in ('waiting', 'sending', 'unknown', 'sent', 'rejected', 'parked', 'cancelled')),
    wanted_version  integer not null default 1,
    sent_version    integer not null default 0,
    sent            jsonb,
    remote_id       text check (remote_id <> ''),
    remote_number   text,
    attempts        integer not null default 0,
    waits_until     timestamptz,
    error_class     text,
    error_text      text,
    acts            text,
    next_step       text,
    decided_by      text,
    created_at      timestamptz not null default now(),
    changed_at      timestamptz not null default now(),
    confirmed_at    timestamptz,
    unique (coupling_id, reference)
);
comment on table platform.push_orders is 'One row per buy order that Optiply placed: how far it is with the remote, and why it is no further.';
comment on column platform.push_orders.reference is 'What stands in the remote''s record, by which it is found again; Optiply''s own number until the first call.';
comment on column platform.push_orders.state is 'waiting: to be sent; sending: a worker has it, or died with it; unknown: the remote may have it; sent: the remote has what is wanted; rejected: the remote or a check refused it; parked: only a person can tell; cancelled: taken back, or dropped by a person.';
comment on column platform.push_orders.wanted_version is 'Grows with each wish of Optiply; more than sent_version = there is something to send.';
comment on column platform.push_orders.sent is 'What the remote was told last of the header.';
comment on column platform.push_orders.waits_until is 'Not looked at before: a limit, or the time that a call without an answer may still take effect.';
comment on column platform.push_orders.decided_by is 'Who answered last where only a person could, and what.';
create unique index push_orders_remote on platform.push_orders (coupling_id, remote_id) where remote_id is not null;
-- What a run looks at: as long as the list of what is wanted, however many orders were ever sent.
create index push_orders_wanted on platform.push_orders (coupling_id, id) where state in ('waiting', 'sending', 'unknown');
create index push_orders_stuck on platform.push_orders (coupling_id) where state in ('rejected', 'parked');

create table platform.push_steps (
    id                 bigint generated always as identity primary key,
    push_order_id      bigint not null references platform.push_orders (id) on delete cascade,
    number             integer not null,
    version            integer not null,
    step               text not null,
    buy_order_line_id  bigint,
    body               jsonb,
    intended_at        timestamptz not null default clock_timestamp(),
    finished_at        timestamptz,
    absent_at          timestamptz,
    outcome            text check (outcome in ('accepted', 'refused', 'unknown', 'found', 'absent')),
    kind               text,
    status             integer,
    words              text,
    remote_id          text,
    unique (push_order_id, number)
);
comment on table platform.push_steps is 'One row per call that changes something on the remote, committed before the call is made. Without an outcome: it runs, or its process died.';
comment on column platform.push_steps.version is 'The wanted_version that it was made for.';
comment on column platform.push_steps.body is 'What is sent, without any proof of who we are.';
comment on column platform.push_steps.absent_at is 'When the remote was first asked for it in vain.';
comment on column platform.push_steps.outcome is 'accepted, refused, unknown = by the answer; found, absent = by looking at the remote afterwards, or by a person.';
comment on column platform.push_steps.kind is 'Of what is unknown: time-out, cut, error, unreadable, crash.';

create table platform.push_lines (
    push_order_id      bigint not null references platform.push_orders (id) on delete cascade,
    buy_order_line_id  bigint not null,
    remote_id          text,
    sent               jsonb not null,
    primary key (push_order_id, buy_order_line_id)
);
comment on table platform.push_lines is 'One row per line that the remote was told of: a change is what differs from it.';
comment on column platform.push_lines.remote_id is 'The remote''s id of the line; lines that were merged into one share it.';

-- Optiply wants something else of an order, or wants it at all.
create function platform.wish_buy_order(wished_id bigint) returns void language sql as $$
    insert into platform.push_orders (webshop_id, coupling_id, buy_order_id, reference)
    select webshop_id, coupling_id, id, coalesce(reference, optiply_id, id)::text from optiply.buy_orders where id = wished_id
    on conflict (buy_order_id) do update set
        wanted_version = push_orders.wanted_version + 1, state = 'waiting', waits_until = null, changed_at = now(),
        error_class = null, error_text = null, acts = null, next_step = null
$$;
