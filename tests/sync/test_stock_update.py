"""What came in on another system's buy orders is in the shop's stock once, whatever happens to the calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from include.contract.errors import AuthRefused
from include.kit.couplings import coupling_text, webshop_text
from include.kit.scratch import scratch, server
from include.sandbox import Running, serve
from include.sandbox.remote import load_remote
from include.sandbox.world import Collection
from include.spec.load import CouplingConfig, load_coupling, load_manifest
from include.sync.configs import deploy_configs
from include.sync.pull import Platform
from include.sync.stock_update import Updated, update_stock
from include.warehouse import stock_ledger
from include.warehouse.connection import connector
from include.warehouse.secrets import Vault
from tests.sync.fixtures import SECRET
from tests.sync.stage import credentials_of

pytestmark = [pytest.mark.requirement("F3"), pytest.mark.parametrize("system", ["woocommerce", "lightspeed_ecom"])]
SYSTEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "woocommerce": ("stock_quantity", {"manage_stock": False, "stock_quantity": None}),
    "lightspeed_ecom": ("stockLevel", {"stockTracking": "disabled"}),
}


@dataclasses.dataclass
class Place:
    """A shop whose goods come in through another coupling of its webshop."""

    system: str
    running: Running
    config: CouplingConfig
    platform: Platform
    connection: psycopg.Connection
    lines: list[tuple[int, str]]
    """A line of a buy order and the shop's id of its product, four times."""

    def update(self) -> Updated:
        return update_stock(self.platform, self.config, credentials_of(self.running, self.config.name))

    def receive(self, receipt: str, place: int, quantity: int) -> None:
        """Let a receipt come in on a line, or change it."""
        self.connection.execute(
            "insert into optiply.receipt_lines (webshop_id, coupling_id, remote_id, buy_order_line_id, quantity)"
            " select webshop_id, coupling_id, %s, id, %s from optiply.buy_order_lines where id = %s"
            " on conflict (coupling_id, remote_id) do update set quantity = excluded.quantity",
            [receipt, quantity, self.lines[place][0]],
        )

    def holder(self, place: int) -> Collection:
        """Return the collection of the sandbox that has the product."""
        world, key = self.running.world, self.lines[place][1]
        return next(world[name] for name in ("variants", "variations", "products") if key in world[name])

    def level(self, place: int) -> int:
        return int(self.holder(place)[self.lines[place][1]].data[SYSTEMS[self.system][0]])

    def amend(self, place: int, **fields: Any) -> None:
        """Let a sale or a person change the product in the shop."""
        self.holder(place).amend(self.lines[place][1], **fields)

    def writes(self) -> list[str]:
        return [entry["path"] for entry in self.running.admin.accepted()]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    with ExitStack() as stack:
        dsn = stack.enter_context(scratch(server(), "stock_update"))
        connection = stack.enter_context(psycopg.connect(dsn, autocommit=True))
        configs, opened = tmp_path_factory.mktemp("configs"), {}
        for system in SYSTEMS:
            settings = load_remote(system).tested_with
            running = stack.enter_context(serve(system, seed=5, size=40, orders=2, settings=settings))
            opened[system] = _opened(system, running, dsn, connection, configs)
        yield opened


@pytest.fixture
def place(places: dict[str, Place], system: str) -> Iterator[Place]:
    """A shop that was never told anything."""
    found = places[system]
    found.connection.execute(
        "truncate platform.stock_updates, platform.stock_receipts, platform.stock_starts, optiply.receipt_lines"
    )
    found.running.admin.forget_requests()
    yield found
    found.running.admin.clear_faults()


def _opened(system: str, running: Running, dsn: str, connection: psycopg.Connection, configs: Path) -> Place:
    """Write a webshop whose buy orders are Picqer's and whose products are the shop's; some of them are ordered."""
    shop, manifest = f"stocked_{system}", load_manifest(system)
    folder, bought = configs / shop, f"{shop}__picqer"
    folder.mkdir()
    given = {**load_remote(system).coupling_settings, "export.stock_on_delivery": True}
    text = webshop_text(shop, manifest)
    (folder / "webshop.yaml").write_text(text.rstrip() + "\n  buy_orders: picqer\n  receipt_lines: picqer\n")
    (folder / f"{system}.yaml").write_text(coupling_text(shop, manifest, given))
    buys = f"coupling: {bought}\nconnector: picqer\nrole: secondary\nmatch_key: sku\n"
    (folder / "picqer.yaml").write_text(buys + "objects: {buy_orders: {}, receipt_lines: {}}\n")
    platform = Platform(connector(dsn, "test stock"), Vault(SECRET))
    with platform.connect() as opened:
        assert deploy_configs(opened, configs) == []
    config = load_coupling(f"{shop}/{system}.yaml", configs)
    supplier = connection.execute(
        "insert into optiply.suppliers (webshop_id, coupling_id, remote_id, name)"
        " select webshop_id, id, 's', 'S' from platform.couplings where name = %s returning id",
        [config.name],
    ).fetchone()
    order = connection.execute(
        "insert into optiply.buy_orders (webshop_id, coupling_id, remote_id, supplier_id, placed)"
        " select webshop_id, id, 'o', %s, now() from platform.couplings where name = %s returning id",
        [*(supplier or ()), bought],
    ).fetchone()
    lines = [_line(connection, order, config.name, key) for key in _kept(system, running)]
    return Place(system, running, config, platform, connection, lines)


def _line(connection: psycopg.Connection, order: Any, coupling: str, key: str) -> tuple[int, str]:
    row = connection.execute(
        "with product as (insert into optiply.products (webshop_id, coupling_id, remote_id, name)"
        " select webshop_id, id, %s, 'No. ' || %s from platform.couplings where name = %s returning id)"
        " insert into optiply.buy_order_lines (webshop_id, coupling_id, remote_id, buy_order_id, product_id, quantity,"
        " subtotal_value) select o.webshop_id, o.coupling_id, %s, o.id, product.id, 100, 1"
        " from optiply.buy_orders o, product where o.id = %s returning id",
        [key, key, coupling, key, *order],
    ).fetchone()
    assert row is not None
    return row[0], key


def _kept(system: str, running: Running) -> list[str]:
    """Return four products of which the shop keeps stock; where it has variations, one with and one without its own."""
    world = running.world
    if system == "lightspeed_ecom":
        kept = [row.key for row in world["variants"] if row.data["stockTracking"] == "enabled"]
        return [key for key in kept if world["variants"][key].data["stockLevel"] is not False][:4]
    simple = [row.key for row in world["products"] if row.data["manage_stock"] is True and row.data["type"] == "simple"]
    own = [row.key for row in world["variations"] if row.data["manage_stock"] is True]
    return [*simple[:2], own[0], next(row.key for row in world["variations"] if row.data["manage_stock"] == "parent")]


def test_what_comes_in_is_added_once(place: Place, system: str) -> None:
    place.receive("old", 0, 50)
    assert place.update().began, "what came in before is in the stock already"
    before = [place.level(number) for number in range(4)]
    place.receive("r1", 0, 6)
    place.receive("r2", 0, 4)
    place.receive("r3", 2, 3)
    place.receive("r4", 3, 8)
    place.connection.execute("update optiply.receipt_lines set quantity = 55 where remote_id = 'old'")
    assert place.update().outcomes == {"accepted": 3}
    added = [place.level(number) - level for number, level in enumerate(before)]
    assert added == [15, 0, 3, 8]
    assert len(place.writes()) == 3, "one write per product"
    assert place.update().sentence() == "nothing came in"
    place.connection.execute("update optiply.receipt_lines set deleted_at = now() where remote_id = 'r3'")
    place.receive("r5", 0, -2)
    assert place.update().outcomes == {"accepted": 2}
    added = [place.level(number) - level for number, level in enumerate(before)]
    assert added == [13, 0, 0, 8]


def test_a_row_that_is_mapped_anew_is_no_new_receipt(place: Place, system: str) -> None:
    place.update()
    place.receive("r1", 0, 6)
    place.update()
    place.connection.execute("delete from optiply.receipt_lines")
    place.receive("r1", 0, 6)
    assert place.update().sentence() == "nothing came in"


@pytest.mark.parametrize(
    ("fault", "writes"),
    [
        ({"kind": "cut", "after": True}, 1),
        ({"kind": "status", "status": 500, "after": True}, 1),
        ({"kind": "truncate"}, 1),
        ({"kind": "lost"}, 1),
        ({"kind": "status", "status": 502}, 1),
    ],
)
def test_a_lost_answer_is_judged_by_the_level(place: Place, system: str, fault: dict[str, Any], writes: int) -> None:
    place.update()
    before = place.level(0)
    place.receive("r1", 0, 6)
    place.running.admin.fault(**fault, writes=True)
    assert place.update().outcomes == {"unknown": 1}
    place.receive("r2", 0, 1)
    place.connection.execute("update platform.stock_updates set finished_at = now() - interval '1 hour'")
    assert place.update().outcomes == {"accepted": 1}
    assert place.level(0) == before + 7
    outcomes = place.connection.execute("select outcome from platform.stock_updates order by id").fetchall()
    carried = fault["kind"] != "lost" and fault.get("status") != 502
    assert outcomes == [("found",) if carried else ("absent",), ("accepted",)]
    assert len(place.writes()) == writes + carried


def test_too_early_to_tell_is_left_alone(place: Place, system: str) -> None:
    place.update()
    place.receive("r1", 0, 6)
    place.running.admin.fault("lost", writes=True)
    place.update()
    assert place.update().outcomes == {"unknown": 1}, "it may still arrive"
    assert place.writes() == []


def test_a_sale_in_between_leaves_it_to_a_person(place: Place, system: str) -> None:
    place.update()
    place.receive("r1", 0, 6)
    place.running.admin.fault("cut", writes=True, after=True)
    place.update()
    place.amend(0, **{SYSTEMS[system][0]: place.level(0) - 1})
    done = place.update()
    assert done.outcomes == {"parked": 1}
    assert done.stuck
    assert place.update().outcomes == {"parked": 1}, "and is not touched again"
    ((number, *_),) = stock_ledger.listed(place.connection, place.config.name)
    assert stock_ledger.settle(place.connection, int(str(number)), is_in=True, by="somebody")
    assert place.update().sentence() == "nothing came in"
    assert not stock_ledger.settle(place.connection, int(str(number)), is_in=False, by="somebody")
    assert len(place.writes()) == 1


def test_a_key_that_is_refused_stops_the_run_and_nothing_is_lost(place: Place, system: str) -> None:
    place.update()
    before = place.level(0)
    place.receive("r1", 0, 6)
    place.running.admin.fault("status", writes=True, status=401)
    with pytest.raises(AuthRefused):
        place.update()
    assert place.update().outcomes == {"accepted": 1}
    assert place.level(0) == before + 6


def test_it_is_off_by_default(place: Place, system: str) -> None:
    assert place.config.stock_update is not None
    assert load_manifest(system).settings["export.stock_on_delivery"].default is False
    assert dataclasses.replace(place.config, settings={"export.stock_on_delivery": False}).stock_update is None


def test_of_what_the_shop_keeps_no_stock_nothing_is_written(place: Place, system: str) -> None:
    place.update()
    place.amend(0, **SYSTEMS[system][1])
    place.receive("r1", 0, 6)
    place.receive("r2", 1, 6)
    place.holder(1).remove(place.lines[1][1])
    assert place.update().outcomes == {"skipped": 2}
    assert place.writes() == []
    assert place.update().sentence() == "nothing came in"
