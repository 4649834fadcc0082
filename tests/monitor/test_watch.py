"""Each trouble is seen, told once, and told when it is over; what is no change is not told."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from include.contract.errors import NOBODY, SUPPORT, Reason
from include.sync.monitor import Watched, watch
from include.warehouse.monitor import Limits
from tests.monitor.conftest import Warehouse

SHOP, OTHER = "velodrome__woocommerce", "houtrijk__picqer"
REFUSED = Reason("bad request", "shop.example/orders answered 400: no", SUPPORT, "Look at it.")
DOWN = Reason("remote down", "shop.example/orders answered 503", NOBODY, "It goes on by itself.")
pytestmark = pytest.mark.requirement("R2")


def look(warehouse: Warehouse) -> Watched:
    return watch(warehouse.connect)


def quiet(warehouse: Warehouse) -> None:
    found = look(warehouse)
    assert (found.began, found.changed, found.ended) == (0, 0, 0), found.lines


def test_what_is_late_by_its_own_schedule_is_told_once_and_when_it_is_pulled(warehouse: Warehouse) -> None:
    warehouse.live(SHOP)
    warehouse.schedule(SHOP, "*/5 * * * *", "products")
    found = look(warehouse)
    assert [(one.kind, one.subject) for one in found.now] == [("late", "products")]
    assert found.lines[0].startswith(f"{SHOP}, products: late: was due at ")
    assert f"{SHOP}__extract" in found.lines[1]
    quiet(warehouse)
    pull = warehouse.pulled(SHOP, "products")
    quiet(warehouse)
    warehouse.ended(pull)
    assert "late no more" in look(warehouse).lines[0]
    quiet(warehouse)


def test_a_schedule_counts_in_the_webshops_time_zone_and_only_since_the_coupling_is_active(
    warehouse: Warehouse,
) -> None:
    warehouse.live(SHOP, minutes=5)
    warehouse.schedule(SHOP, "*/5 * * * *", "products")
    quiet(warehouse)
    hour = warehouse.one(
        "select extract(hour from now() at time zone 'Pacific/Kiritimati' - interval '2 hours')::integer"
    )
    warehouse.live(SHOP, minutes=4 * 60)
    warehouse.schedule(SHOP, f"0 {hour} * * *", "products")
    quiet(warehouse)
    warehouse.do("update platform.schedules set time_zone = 'Pacific/Kiritimati'")
    assert [one.kind for one in look(warehouse).now] == ["late"]


@pytest.mark.parametrize("state", ["new", "paused", "inactive"])
def test_a_coupling_that_a_person_keeps_off_is_never_late(warehouse: Warehouse, state: str) -> None:
    warehouse.live(SHOP, state)
    warehouse.schedule(SHOP, "*/5 * * * *", "products")
    quiet(warehouse)
    warehouse.live(SHOP)
    assert look(warehouse).began == 1
    warehouse.live(SHOP, state)
    ended = look(warehouse)
    assert (ended.ended, ended.lines) == (1, ()), "nobody is told that it is fine: it is off"


def test_a_fault_that_passes_by_itself_is_told_only_when_it_does_not(warehouse: Warehouse) -> None:
    warehouse.live(SHOP)
    pull = warehouse.pulled(SHOP, "products")
    warehouse.ended(pull, DOWN)
    quiet(warehouse)
    warehouse.do("update platform.pull_faults set at = now() - interval '25 minutes'")
    assert look(warehouse).lines[0].startswith(f"{SHOP}, products: failing (remote down): ")
    # Tried again, it is neither over nor new; nor is it in a pull that follows.
    warehouse.do("update platform.pulls set outcome = null where id = %(pull)s", pull=pull)
    quiet(warehouse)
    warehouse.ended(pull, DOWN)
    quiet(warehouse)
    again = warehouse.pulled(SHOP, "products")
    warehouse.ended(again, DOWN)
    quiet(warehouse)
    warehouse.ended(warehouse.pulled(SHOP, "products"), REFUSED)
    found = look(warehouse)
    assert (found.began, found.changed, found.ended) == (0, 1, 0), "another class means that somebody else acts"
    assert "failing (bad request)" in found.lines[0]
    warehouse.ended(warehouse.pulled(SHOP, "products"))
    assert "failing no more" in look(warehouse).lines[0]


def test_what_only_a_person_can_mend_is_told_at_once(warehouse: Warehouse) -> None:
    warehouse.live(SHOP)
    warehouse.ended(warehouse.pulled(SHOP, "sell_orders"), REFUSED)
    found = look(warehouse)
    assert found.lines == (
        f"{SHOP}, sell orders: failing (bad request): {REFUSED.text}",
        "Who acts: support. Look at it.",
    )


def test_refused_credentials_are_one_trouble_and_hide_those_of_each_object(warehouse: Warehouse) -> None:
    warehouse.live(SHOP)
    warehouse.ended(warehouse.pulled(SHOP, "products"), REFUSED)
    assert look(warehouse).began == 1
    warehouse.live(SHOP, "needs_auth")
    warehouse.do("update platform.coupling_life set error_class = 'auth', error_text = '401: wrong key',"
                 " acts = 'customer', next_step = 'Ask.' where state = 'needs_auth'")  # fmt: skip
    found = look(warehouse)
    assert found.lines == (f"{SHOP}: needs re-authentication (auth): 401: wrong key", "Who acts: customer. Ask.")
    assert found.ended == 1
    warehouse.live(SHOP)
    found = look(warehouse)
    assert (found.began, found.ended) == (1, 1)
    assert any("needs re-authentication no more" in line for line in found.lines)


def test_a_pull_that_lands_nothing_is_stuck_and_its_process_is_named_dead_or_alive(warehouse: Warehouse) -> None:
    warehouse.live(SHOP)
    pull = warehouse.pulled(SHOP, "products", minutes=40)
    warehouse.do("update platform.object_pulls set tried_at = now() - interval '40 minutes'")
    assert "its process is gone" in look(warehouse).lines[0]
    quiet(warehouse)
    warehouse.do("select pg_advisory_lock(hashtextextended('pull:products', id)) from platform.couplings"
                 " where name = %(name)s", name=SHOP)  # fmt: skip
    assert "its process is there" in look(warehouse).lines[0]
    warehouse.do("insert into platform.pull_streams (pull_id, stream) values (%(pull)s, 'products')", pull=pull)
    assert "stuck no more" in look(warehouse).lines[0]
    quiet(warehouse)


def test_a_pull_that_waits_for_a_limit_is_not_stuck(warehouse: Warehouse) -> None:
    warehouse.live(SHOP)
    pull = warehouse.pulled(SHOP, "products", minutes=400)
    warehouse.do("update platform.object_pulls set tried_at = now() - interval '400 minutes'")
    warehouse.do("update platform.pulls set waits_until = now() + interval '1 hour' where id = %(pull)s", pull=pull)
    quiet(warehouse)


def budget(warehouse: Warehouse, used: int) -> None:
    warehouse.do(
        "insert into platform.budgets (scope, window_name, capacity, period, used, resets_at)"
        " values ('exact', 'day', 5000, '1 day', %(used)s, now() + interval '12 hours')"
        " on conflict (scope, window_name) do update set used = excluded.used", used=used,
    )  # fmt: skip


def test_a_quota_that_will_be_used_up_before_it_resets_is_forecast(warehouse: Warehouse) -> None:
    budget(warehouse, 2400)
    quiet(warehouse)
    budget(warehouse, 3500)
    line = look(warehouse).lines[0]
    assert line.startswith(
        "day of exact: quota (rate limit): 3500 of 5000 requests are used; at this pace the last goes at"
    )
    budget(warehouse, 3600)
    quiet(warehouse)
    budget(warehouse, 2520)
    quiet(warehouse)
    budget(warehouse, 5000)
    assert "all 5000 requests are used" in look(warehouse).lines[0]
    warehouse.do("update platform.budgets set resets_at = now()")
    assert "quota no more" in look(warehouse).lines[0]


def event(warehouse: Warehouse, state: str, minutes: int, dedup: bytes) -> None:
    warehouse.do(
        "insert into platform.webhook_events (coupling_id, topic, dedup, body, state, received_at, reason) select id,"
        " 'order', %(dedup)s, '', %(state)s, now() - make_interval(mins => %(minutes)s), 'no id'"
        " from platform.couplings where name = %(name)s", dedup=dedup, state=state, minutes=minutes, name=SHOP,
    )  # fmt: skip


@pytest.mark.requirement("R4")
def test_webhooks_set_aside_and_webhooks_that_wait_are_told(warehouse: Warehouse) -> None:
    warehouse.live(SHOP)
    event(warehouse, "waiting", 4, b"1")
    quiet(warehouse)
    event(warehouse, "waiting", 6, b"2")
    event(warehouse, "poison", 1, b"3")
    assert [one.kind for one in look(warehouse).now] == ["backlog", "poison"]
    event(warehouse, "poison", 1, b"4")
    quiet(warehouse)
    assert warehouse.one("select text from platform.alerts where kind = 'poison'").startswith("2 webhook events")
    warehouse.do("update platform.webhook_events set state = 'done'")
    assert look(warehouse).ended == 2


def test_each_step_of_an_activation_is_told_and_its_end(warehouse: Warehouse) -> None:
    warehouse.live(SHOP, "activating")
    warehouse.do("insert into platform.activation_steps (coupling_id, activation, place, step, state, started_at)"
                 " select id, 1, s.place, s.step, s.state, now() from platform.couplings,"
                 " (values (1, 'check_credentials', 'done'), (2, 'pull_products', 'running'),"
                 " (3, 'schedules', 'waiting')) s (place, step, state)"
                 " where name = %(name)s", name=SHOP)  # fmt: skip
    assert look(warehouse).lines[0] == f"{SHOP}: is being activated: 1 of 3 steps done, now: pull products"
    quiet(warehouse)
    warehouse.do("update platform.activation_steps set state = 'failed', error_class = 'auth', error_text = 'no',"
                 " acts = 'customer', next_step = 'Ask.' where place = 2")  # fmt: skip
    assert "which failed: no" in look(warehouse).lines[0]
    warehouse.do("update platform.activation_steps set state = 'done', error_class = null, acts = null where place = 2")
    assert "2 of 3 steps done, now: schedules" in look(warehouse).lines[0]
    warehouse.do("update platform.activation_steps set state = 'done'")
    warehouse.live(SHOP)
    assert look(warehouse).lines == (f"{SHOP}: is active, its schedules are on",)


def test_a_thousand_couplings_are_looked_at_well_within_a_second(warehouse: Warehouse) -> None:
    warehouse.do(
        "insert into platform.couplings (webshop_id, name, connector, title, role, config_hash) select c.webshop_id,"
        " 'many_' || n, c.connector, c.title, c.role, '' from platform.couplings c, generate_series(1, 1000) n"
        " where c.name = %(name)s", name=SHOP,
    )  # fmt: skip
    warehouse.do("update platform.coupling_life set state = 'active', since = now() - interval '30 days'")
    warehouse.do("insert into platform.schedules (coupling_id, place, cron, time_zone, mode, objects) select id, m.n,"
                 " mod(id, 60) || ' * * * *', 'Europe/Amsterdam', m.mode, m.objects from platform.couplings,"
                 " (values (1, 'changed', array['products', 'sell_orders']),"
                 " (2, 'all', array['suppliers', 'buy_orders'])) m (n, mode, objects)")  # fmt: skip
    warehouse.do("insert into platform.pulls (webshop_id, coupling_id, object, mode) select c.webshop_id, c.id, o, m"
                 " from platform.couplings c, unnest(array['products', 'sell_orders', 'suppliers', 'buy_orders']) o,"
                 " unnest(array['changed', 'all']) m")  # fmt: skip
    warehouse.do("update platform.pulls set outcome = 'succeeded', finished_at = now()")
    watch(warehouse.connect, Limits(stuck=timedelta(minutes=30)))
    begun = time.monotonic()
    quiet(warehouse)
    seconds = time.monotonic() - begun
    assert seconds < 0.8, f"{seconds:.2f} s"
    # What stops everything is one line, and one when it is over.
    warehouse.do("update platform.schedule_times set due_at = now(), good_until = now() + interval '1 hour'")
    warehouse.do(
        "update platform.object_pulls set tried_at = now() - interval '1 hour',"
        " everything_tried_at = now() - interval '1 hour'"
    )
    found = look(warehouse)
    assert found.began > 4000
    assert len(found.lines) == 2
    assert found.lines[0].startswith(f"late: {found.began} at once, of 1")
    assert warehouse.one("select count(*) from platform.alert_messages") == 1
    quiet(warehouse)
    warehouse.do("update platform.object_pulls set tried_at = now(), everything_tried_at = now()")
    assert look(warehouse).lines[0].startswith("late no more: ")
