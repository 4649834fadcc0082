"""Support's list of a thousand couplings, and the status of one of them, as a page or the front end asks for them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import psycopg

from include.bench.result import Result
from include.warehouse import status
from include.warehouse.connection import connector
from include.warehouse.migrate import migrate

COUPLINGS, PER_WEBSHOP, ROUNDS = 1000, 4, 30
_PAGE_SECONDS, _ONE_SECONDS = 0.5, 0.05


def couplings_page_1000(dsn: str) -> Result:
    """Milliseconds for a page of fifty of a thousand couplings with the numbers of all states; the floor is a count."""
    with connector(dsn, "bench")() as connection:
        seed(connection)
        return _measured(connection, lambda: status.couplings(connection, status.Filter()), _PAGE_SECONDS)


def coupling_status(dsn: str) -> Result:
    """Milliseconds for the status of one coupling among a thousand; the floor is a count."""
    with connector(dsn, "bench")() as connection:
        seed(connection)
        return _measured(connection, lambda: status.coupling(connection, "shop0001__remote2"), _ONE_SECONDS)


def _measured(connection: psycopg.Connection, look: Callable[[], object], most: float) -> Result:
    # Found anew once after a start, and then a few each minute.
    look()
    ours = _median(look)
    if ours > most:
        raise RuntimeError(f"took {ours * 1000:.0f} ms, more than {most * 1000:.0f}")
    floor = _median(lambda: connection.execute("select count(*) from platform.couplings").fetchone())
    return Result(value=ours * 1000, unit="ms", floor=floor * 1000, ratio=ours / floor)


def _median(look: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        look()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


_SEED = """
insert into platform.webshops (name, title, time_zone)
select 'shop' || to_char(n, 'FM0000'), 'Shop ' || n, 'Europe/Amsterdam' from generate_series(1, %(shops)s) as n;
insert into platform.couplings (webshop_id, name, connector, title, role, config_hash)
select w.id, w.name || '__remote' || n, (array['woocommerce', 'exact_online', 'picqer', 'bol_com'])[n],
    w.title || ': remote ' || n, case n when 1 then 'primary' else 'secondary' end, ''
from platform.webshops w cross join generate_series(1, %(each)s) as n;
update platform.coupling_life set since = now() - interval '90 days', state = case
    when coupling_id %% 50 = 0 then 'paused' when coupling_id %% 71 = 0 then 'needs_auth'
    when coupling_id %% 97 = 0 then 'new' else 'active' end,
    before = case when coupling_id %% 71 = 0 and coupling_id %% 50 <> 0 then 'active' end;
insert into platform.ownership (webshop_id, object, coupling_id, priority)
select webshop_id, object, id, 1 from platform.couplings cross join
    unnest(array['suppliers', 'products', 'supplier_products', 'sell_orders', 'buy_orders']) as object;
insert into platform.schedules (coupling_id, place, cron, time_zone, mode, objects)
select id, place, cron, 'Europe/Amsterdam', mode, objects from platform.couplings c cross join lateral (values
    (1, c.id %% 10 || '-59/10 * * * *', 'changed', array['products', 'sell_orders']),
    (2, c.id %% 60 || ' * * * *', 'changed', array['suppliers', 'supplier_products', 'buy_orders']),
    (3, c.id %% 60 || ' ' || c.id %% 5 || ' * * *', 'all', array['products', 'suppliers'])
) as plan (place, cron, mode, objects);
insert into platform.pulls (webshop_id, coupling_id, object, mode, started_at, finished_at, outcome, error_class,
    error_text, next_step, acts)
select o.webshop_id, o.coupling_id, o.object, case n %% 12 when 0 then 'all' else 'changed' end,
    now() - n * interval '1 hour', now() - n * interval '1 hour' + interval '20 s',
    case when fails then 'failed' else 'succeeded' end, case when fails then 'remote down' end,
    case when fails then 'remote.example answered 503' end, case when fails then 'Nothing.' end,
    case when fails then 'nobody' end
from platform.ownership o cross join generate_series(24, 1, -1) as n
cross join lateral (select n < 3 and o.coupling_id %% 40 = 7 and o.object = 'products' as fails) as f;
insert into platform.pulls (webshop_id, coupling_id, object, mode, waits_until, error_class)
select webshop_id, coupling_id, object, 'changed', case when coupling_id %% 3 = 0 then now() + interval '1 hour' end,
    case when coupling_id %% 3 = 0 then 'rate limit' end
from platform.ownership where coupling_id %% 20 = 3 and object = 'sell_orders';
insert into platform.pull_streams (pull_id, stream, pages, records, expected)
select id, 'orders', 10, 1000, 4000 from platform.pulls;
insert into platform.quarantine (webshop_id, coupling_id, object, remote_id, root_key, field, reason, severity)
select c.webshop_id, c.id, 'products', n::text, n::text, 'ean', 'no match', 'blocked'
from platform.couplings c cross join generate_series(1, 30) as n;
"""


def seed(connection: psycopg.Connection) -> None:
    """Make a thousand couplings with a day of pulls, some of them failing, waiting, paused or refused."""
    migrate(connection)
    values = {"shops": COUPLINGS // PER_WEBSHOP, "each": PER_WEBSHOP}
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(_SEED, values)
    connection.execute("analyze")
