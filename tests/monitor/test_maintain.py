"""What is past its time goes, in batches; what still says something stays, and every setting counts."""

from __future__ import annotations

import pytest

from include.contract.errors import Misconfigured
from include.sync.maintain import maintain
from include.sync.settings import SETTINGS
from include.warehouse import retention
from tests.engine.test_witness import REFUSED
from tests.monitor.conftest import Warehouse
from tests.monitor.test_watch import SHOP, event

DAY = 24 * 60
pytestmark = pytest.mark.requirement("R2")


def old_pull(warehouse: Warehouse, name: str, days: int, *, well: bool = True) -> int:
    pull = warehouse.pulled(SHOP, name, minutes=days * DAY)
    warehouse.ended(pull, None if well else REFUSED.reason)
    warehouse.do("update platform.pulls set finished_at = started_at where id = %(pull)s", pull=pull)
    warehouse.do(
        "insert into platform.pull_pages (pull_id, stream, page, keys) values (%(pull)s, 's', 1, '[]')", pull=pull
    )
    return pull


def kept_call(warehouse: Warehouse, *days: int) -> None:
    warehouse.do(
        """insert into platform.http_details (coupling_id, at, operation, method, address, error_class, error_text)
        select id, now() - make_interval(days => d), '', '', '', '', '' from platform.couplings, unnest(%(days)s) d
        where name = %(name)s""",
        name=SHOP,
        days=list(days),
    )


def test_what_is_past_its_time_goes_and_what_is_not_stays(warehouse: Warehouse) -> None:
    for number, (state, minutes) in enumerate((("done", 15), ("done", 13), ("poison", 400), ("waiting", 400))):
        event(warehouse, state, 0, bytes([number]))
        warehouse.do(
            "update platform.webhook_events set done_at = now() - make_interval(days => %(days)s) where state = 'done'"
            " and done_at is null", days=minutes,
        )  # fmt: skip
    warehouse.do(
        """insert into platform.quarantine
        (webshop_id, coupling_id, object, remote_id, field, reason, severity, first_seen_at, resolved_at)
        select webshop_id, id, 'products', coalesce(d, 0)::text, 'f', 'r', 'blocked', now() - interval '9 years',
            now() - make_interval(days => d)
        from platform.couplings, unnest(array[91, 89, null]) d where name = %(name)s""",
        name=SHOP,
    )
    kept_call(warehouse, 13, 15, 16)
    warehouse.do(
        """insert into platform.alerts (kind, subject, since, ended_at, text, acts, next_step) values
        ('late', 'a', now(), now() - interval '181 days', '', '', ''), ('late', 'b', now(), null, '', '', '')"""
    )
    done = maintain(warehouse.connect)
    assert done.gone == {
        "events": 1,
        "quarantine": 1,
        "http_details": 2,
        "alerts": 1,
        "pages": 0,
        "pulls": 0,
    }
    assert done.sentence() == (
        "1 webhook events that were done, 1 solved problems, 2 failing calls, 1 alerts that were over went"
    )
    states = warehouse.do("select state from platform.webhook_events order by 1")
    assert [row["state"] for row in states] == ["done", "poison", "waiting"]
    assert maintain(warehouse.connect).sentence() == "nothing went"


def test_old_pulls_go_but_those_that_something_is_told_by(warehouse: Warehouse) -> None:
    first = old_pull(warehouse, "products", 400)
    waited_for = old_pull(warehouse, "products", 399, well=False)
    asked = old_pull(warehouse, "products", 398)
    old_pull(warehouse, "products", 397)
    latest = old_pull(warehouse, "products", 300)
    young = old_pull(warehouse, "suppliers", 179)
    warehouse.do(
        """insert into platform.news (webshop_id, coupling_id, object, root_key, pull_id)
        select webshop_id, coupling_id, object, '1', id from platform.pulls where id = %(pull)s""",
        pull=waited_for,
    )
    warehouse.do(
        """insert into platform.approvals
        (webshop_id, coupling_id, pull_id, object, stream, expires_at, known, seen, missing)
        select webshop_id, coupling_id, id, object, 's', now(), 1, 1, 1 from platform.pulls where id = %(pull)s""",
        pull=asked,
    )
    done = maintain(warehouse.connect)
    assert (done.gone["pulls"], done.gone["pages"]) == (2, 6)
    left = {row["id"] for row in warehouse.do("select id from platform.pulls")}
    assert left == {waited_for, asked, latest, young}
    assert first not in left
    warehouse.do("delete from platform.news")
    warehouse.do("delete from platform.approvals")


def test_a_table_of_any_size_is_gone_through_in_batches(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    monkeypatch.setattr(retention, "_BLOCKS", 2)
    warehouse.do(
        """insert into staging.woocommerce__products
        (webshop_id, coupling_id, record_key, payload, payload_hash, superseded_at)
        select webshop_id, id, n::text, jsonb_build_object('x', repeat('y', 300)), gen_random_uuid(),
            case when mod(n, 2) = 0 then now() - interval '91 days' when mod(n, 3) = 0 then now() end
        from platform.couplings, generate_series(1, 300) n where name = %(name)s""",
        name=SHOP,
    )
    kept_call(warehouse, *[365] * 25)
    done = maintain(warehouse.connect)
    assert (done.gone["versions"], done.gone["http_details"]) == (150, 25)
    assert warehouse.one("select count(*) from staging.woocommerce__products where superseded_at is null") == 100
    assert warehouse.one("select count(*) from staging.woocommerce__products") == 150
    warehouse.do("truncate staging.woocommerce__products")


def test_a_run_without_time_says_so_and_the_next_begins_with_what_waited_longest(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.do("delete from platform.facts where name = 'landing_tables_maintained'")
    warehouse.do(
        """insert into staging.woocommerce__products (webshop_id, coupling_id, record_key, payload, payload_hash)
        select webshop_id, id, '1', '{}', gen_random_uuid() from platform.couplings where name = %(name)s""",
        name=SHOP,
    )
    # Each look at the clock takes nine minutes: the hour is over at the first landing table that holds anything.
    clock = iter(range(0, 10**9, 540))
    monkeypatch.setattr("include.sync.maintain.time.monotonic", lambda: float(next(clock)))
    with warehouse.connect() as connection:
        assert retention.landing_tables(connection)[0] != "woocommerce__products"
        assert "there was no time for all of it" in maintain(warehouse.connect).sentence()
        assert retention.landing_tables(connection)[0] == "woocommerce__products"
    warehouse.do("truncate staging.woocommerce__products")


def test_two_at_once_do_not_get_into_each_others_way(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        assert retention.alone(connection)
        assert maintain(warehouse.connect).is_busy
    assert not maintain(warehouse.connect).is_busy


@pytest.mark.parametrize("text", ["0", "-1", "soon", "1.5", "\u0661", "1000000"])
def test_a_setting_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    for setting in SETTINGS:
        monkeypatch.delenv(setting.variable, raising=False)
        assert setting.value() == setting.default
        monkeypatch.setenv(setting.variable, text)
        with pytest.raises(Misconfigured, match=setting.variable):
            setting.span()
        monkeypatch.setenv(setting.variable, " 7 ")
        assert setting.value() == 7
