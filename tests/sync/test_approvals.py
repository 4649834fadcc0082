"""Deletions above the guard's threshold wait for a person (R16): his list, his answer, and what comes between."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from include.cli.__main__ import main
from include.contract.errors import WarehouseDown
from include.sandbox import Running, serve
from include.sync import approvals
from include.warehouse import snapshot
from include.warehouse.approvals import Approval, records
from tests.sync.fixtures import Keep
from tests.sync.stage import Stage, warehouse_environment

SHOP = "velodrome__woocommerce"
WORLD = {"seed": 2, "size": 120, "orders": 10}

pytestmark = [pytest.mark.requirement("R16", "F1"), pytest.mark.rule("B3")]


@pytest.fixture(scope="module")
def first_pull(module_stage: Stage, keep: Keep) -> Callable[[], Stage]:
    """A warehouse that holds the shop's products, as often as wanted."""
    with serve("woocommerce", **WORLD) as running:
        module_stage.coupled(SHOP, running)
        module_stage.pull(SHOP, "products")
        module_stage.transform()
    return keep(module_stage)


@pytest.fixture
def shop() -> Iterator[Running]:
    """The same shop anew."""
    with serve("woocommerce", **WORLD) as running:
        yield running


@pytest.fixture
def mapped(first_pull: Callable[[], Stage], shop: Running) -> Stage:
    """The warehouse after the first pull, coupled to the shop."""
    stage = first_pull()
    stage.coupled(SHOP, shop)
    return stage


def take_away(shop: Running, share: float, kind: str = "simple") -> set[str]:
    """Let the shop answer without a share of its products; return their ids."""
    rows = [row for row in shop.world["products"] if row.data["type"] == kind and row.data["status"] == "publish"]
    chosen = [row.key for row in rows[: int(len(rows) * share)]]
    for key in chosen:
        shop.world["products"].remove(key)
    return set(chosen)


def bring_back(shop: Running, *keys: str) -> None:
    for key in keys:
        row = shop.world["products"].gone.pop(key)
        shop.world["products"].put(key, row.data, row.modified)


def pull_and_be_asked(stage: Stage) -> Approval:
    pulled = stage.pull(SHOP, "products")
    assert pulled.gone == 0
    (asked,) = pulled.asked
    return asked


def gone(stage: Stage) -> set[str]:
    rows = stage.rows("select record_key from staging.woocommerce__products where gone_at is not null")
    return {row["record_key"] for row in rows}


def disabled(stage: Stage) -> set[str]:
    """Return the remote ids of the products that a deletion disabled in Optiply."""
    rows = stage.rows("select remote_id from optiply.products where deleted_at is not null and status = 'disabled'")
    return {row["remote_id"] for row in rows}


def listed(stage: Stage, asked: Approval) -> set[str]:
    with stage.platform.connect() as connection:
        return {one.record_key for one in records(connection, asked.id)}


def state(stage: Stage, asked: Approval) -> str:
    return str(stage.one("select state from platform.approvals where id = %s", asked.id))


def approve(stage: Stage, asked: Approval, by: str = "anna") -> approvals.Decided:
    return approvals.approve(stage.platform.connect, asked.id, by)


def refuse(stage: Stage, asked: Approval) -> approvals.Decided:
    return approvals.refuse(stage.platform.connect, asked.id, "anna")


def test_forty_percent_returned_deletes_nothing_and_asks_about_exactly_the_rest(mapped: Stage, shop: Running) -> None:
    before = disabled(mapped)
    taken = take_away(shop, 0.6)
    asked = pull_and_be_asked(mapped)
    mapped.transform()
    assert (gone(mapped), disabled(mapped)) == (set(), before)
    assert listed(mapped, asked) == taken
    assert (asked.state, asked.missing, asked.known) == ("waiting", len(taken), asked.seen + len(taken))
    names = mapped.rows(
        "select label, name, sku_code from platform.approval_records join optiply.products on remote_id = record_key"
    )
    assert len(names) == len(taken)
    assert all(row["label"] == f"{row['name']}, {row['sku_code']}" for row in names)


def test_approving_deletes_exactly_the_listed_and_a_second_answer_does_nothing(mapped: Stage, shop: Running) -> None:
    before = disabled(mapped)
    taken = take_away(shop, 0.6)
    asked = pull_and_be_asked(mapped)
    take_away(shop, 0.1)
    done = approve(mapped, asked)
    assert done.sentence().endswith(f"by anna: {len(taken)} of {len(taken)} records deleted")
    mapped.transform()
    assert gone(mapped) == taken
    assert disabled(mapped) == before | taken

    for again in (
        approve(mapped, asked, "bert"),
        refuse(mapped, asked),
        approvals.expire(mapped.platform.connect, asked.id),
    ):
        assert "was decided already: approved" in again.sentence()
        assert (again.now, again.approval.decided_by) == (False, "anna")
    assert mapped.one("select count(*) from platform.news") == 0


def test_what_came_back_meanwhile_is_kept(mapped: Stage, shop: Running) -> None:
    """One is met by a pull of what changed, one by a look at it alone; neither differs from what was landed."""
    taken = take_away(shop, 0.6)
    asked = pull_and_be_asked(mapped)
    changed, alone, *_ = sorted(taken)
    bring_back(shop, changed, alone)
    mapped.pull(SHOP, "products", "single", remote_id=alone)
    mapped.connection.execute("update platform.cursors set value = '\"2000-01-01T00:00:00Z\"'")
    row = shop.world["products"].rows[alone]
    shop.world["products"].remove(alone)
    mapped.pull(SHOP, "products", "changed")
    shop.world["products"].put(alone, row.data, row.modified)
    done = approve(mapped, asked)
    assert gone(mapped) == taken - {changed, alone}
    assert f"{len(taken) - 2} of {len(taken)} records deleted, 2 kept" in done.sentence()


def test_refusing_keeps_them_until_more_is_missing(mapped: Stage, shop: Running) -> None:
    taken = take_away(shop, 0.5)
    asked = pull_and_be_asked(mapped)
    assert refuse(mapped, asked).now
    pulled = mapped.pull(SHOP, "products")
    assert (pulled.gone, pulled.asked, gone(mapped)) == (0, (), set())
    words = f"nothing deleted, because anna refused on {asked.asked_at:%Y-%m-%d} to delete the {len(taken)} missing"
    assert words in pulled.sentence()

    more = taken | take_away(shop, 0.1)
    larger = pull_and_be_asked(mapped)
    assert listed(mapped, larger) == more
    refuse(mapped, larger)
    pulled = mapped.pull(SHOP, "products")
    assert f"to delete the {len(more)} missing records (approval {larger.id})" in pulled.guards[0]
    assert (pulled.gone, pulled.asked) == (0, ())

    more |= take_away(shop, 0.1)
    largest = pull_and_be_asked(mapped)
    assert (listed(mapped, largest), largest.known) == (more, asked.known)
    approve(mapped, largest)
    assert gone(mapped) == more


def test_what_was_refused_stays_also_when_little_is_missing(mapped: Stage, shop: Running) -> None:
    taken = take_away(shop, 0.5)
    refuse(mapped, pull_and_be_asked(mapped))
    kept = set(sorted(taken)[:3])
    bring_back(shop, *(taken - kept))
    pulled = mapped.pull(SHOP, "products")
    assert (pulled.gone, pulled.asked) == (0, ())
    others = take_away(shop, 0.5, "variable")
    pulled = mapped.pull(SHOP, "products")
    assert (pulled.gone, gone(mapped)) == (len(others), others)
    assert "not all deleted, because anna refused" in pulled.sentence()

    bring_back(shop, *kept)
    mapped.pull(SHOP, "products")
    for key in kept:
        shop.world["products"].remove(key)
    mapped.pull(SHOP, "products")
    assert gone(mapped) == others | kept, "a refusal ends when the record has come back"


def test_nobody_answers(mapped: Stage, shop: Running) -> None:
    taken = take_away(shop, 0.6)
    asked = pull_and_be_asked(mapped)
    mapped.connection.execute("update platform.approvals set expires_at = now()")
    late = approve(mapped, asked)
    assert (late.approval.state, gone(mapped)) == ("expired", set())
    assert "nobody answered" in late.sentence()
    again = pull_and_be_asked(mapped)
    assert again.id != asked.id
    mapped.connection.execute("update platform.approvals set expires_at = now() where state = 'waiting'")
    third = pull_and_be_asked(mapped)
    assert [state(mapped, one) for one in (asked, again, third)] == ["expired", "expired", "waiting"]
    assert listed(mapped, third) == taken


def test_a_newer_pull_of_everything_knows_better(mapped: Stage, shop: Running) -> None:
    taken = take_away(shop, 0.6)
    first = pull_and_be_asked(mapped)
    assert pull_and_be_asked(mapped).id == first.id, "the same records are asked about once"

    back = sorted(taken)[:2]
    bring_back(shop, *back)
    pulled = mapped.pull(SHOP, "products")
    (second,) = pulled.asked
    assert [one.id for one in pulled.overtaken] == [first.id]
    assert listed(mapped, second) == taken - set(back)
    assert "was decided already: overtaken" in approve(mapped, first).sentence()
    assert gone(mapped) == set()

    bring_back(shop, *(taken - set(back)))
    shop.admin.fault("bad_record", "/products?", times=1, flaws=["no_id"])
    pulled = mapped.pull(SHOP, "products")
    assert "records that the remote counts" in pulled.guards[0]
    assert state(mapped, second) == "waiting", "what is no proof answers no question"
    pulled = mapped.pull(SHOP, "products")
    assert (pulled.asked, pulled.guards, state(mapped, second)) == ((), (), "overtaken")
    assert approve(mapped, second).now is False
    assert gone(mapped) == set()


def test_killed_in_the_middle_of_the_deed(mapped: Stage, shop: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = take_away(shop, 0.6)
    asked = pull_and_be_asked(mapped)
    real = snapshot.remove_listed

    def killed(connection: psycopg.Connection, *rest: object) -> int:
        real(connection, *rest)  # type: ignore[arg-type]
        connection.execute("select pg_terminate_backend(pg_backend_pid())")
        raise AssertionError("the connection is dead")

    monkeypatch.setattr(snapshot, "remove_listed", killed)
    with pytest.raises(WarehouseDown):
        approve(mapped, asked)
    assert (gone(mapped), state(mapped, asked)) == (set(), "waiting")
    monkeypatch.undo()
    approve(mapped, asked)
    assert (gone(mapped), state(mapped, asked)) == (taken, "approved")


def test_the_command_line_answers_as_well(
    mapped: Stage, shop: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in warehouse_environment(mapped.dsn).items():
        monkeypatch.setenv(name, value)
    taken = take_away(shop, 0.6)
    asked = pull_and_be_asked(mapped)
    assert main(["approvals", "list"]) == main(["approvals", "show", str(asked.id)]) == 0
    shown = capsys.readouterr().out
    assert f"waiting    {asked.headline()}" in shown
    assert all(f"\n{key} " in shown for key in taken)
    assert main(["approvals", "refuse", str(asked.id)]) == 0
    assert f"approval {asked.id} of Velodrome Fietsen: WooCommerce" in capsys.readouterr().out
    assert main(["approvals", "approve", str(asked.id)]) == 0
    assert "was decided already: refused" in capsys.readouterr().out
    assert gone(mapped) == set()
    assert main(["approvals", "show", "999"]) == 1
    assert "there is no approval 999" in capsys.readouterr().err
