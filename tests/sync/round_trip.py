"""Shops that buy in three systems: Optiply's orders go out, people handle them there, pulls bring them back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from include.kit.couplings import coupling_text, webshop_text
from include.sandbox import Running
from include.sandbox.remote import load_remote
from include.spec.load import load_manifest
from include.sync.push import Pushed, push
from tests.sync.stage import Row, Stage

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "exact_online": {"export.line_price": True},
    "picqer": {},
    "logic4": {},
}
SYSTEMS = tuple(SETTINGS)
WHOLE, CANCELLED, HANDLED = 551_001, 551_002, 551_003
"""Three orders of a shop: received to the end, cancelled by Optiply, handled by people there."""


def write_couplings(folder: Path) -> None:
    """Write a webshop per system, which owns everything that it has."""
    for name, settings in SETTINGS.items():
        manifest, given = load_manifest(name), {**load_remote(name).coupling_settings, **settings}
        place = folder / f"buys_{name}"
        place.mkdir()
        (place / "webshop.yaml").write_text(webshop_text(f"buys_{name}", manifest))
        (place / f"{name}.yaml").write_text(coupling_text(f"buys_{name}", manifest, given))


@dataclasses.dataclass(frozen=True)
class Article:
    """What a shop buys: Optiply's id, how many make a lot, and the supplier."""

    id: int
    lot: int
    supplier_id: int


@dataclasses.dataclass
class Shop:
    """One webshop with its system."""

    system: str
    running: Running
    stage: Stage

    @property
    def webshop(self) -> str:
        return f"buys_{self.system}"

    @property
    def coupling(self) -> str:
        return f"{self.webshop}__{self.system}"

    def number(self, which: int) -> int:
        """Return Optiply's number of an order of this shop."""
        return which + 1000 * SYSTEMS.index(self.system)

    def articles(self) -> list[Article]:
        """Return three products of one supplier that the system would sell, in lots if there are any."""
        rows = self.stage.rows(
            "select sp.product_id, coalesce(sp.lot_size, 1) as lot, sp.supplier_id,"
            " count(*) over (partition by sp.supplier_id) as offered from optiply.supplier_products sp"
            " join optiply.products p on p.id = sp.product_id join platform.couplings c on c.id = sp.coupling_id"
            " where c.name = %s and p.status = 'enabled' and not p.assembled and not p.unlimited_stock"
            " and sp.deleted_at is null and p.deleted_at is null order by sp.supplier_id, lot desc, p.id",
            self.coupling,
        )
        supplier = next(row["supplier_id"] for row in rows if row["offered"] >= 3 and row["lot"] > 1)
        found = [Article(row["product_id"], row["lot"], supplier) for row in rows if row["supplier_id"] == supplier]
        return found[:3]

    def place(self, which: int, lots: Mapping[Article, int]) -> None:
        """Let Optiply place an order of so many lots, or change it; a piece costs 2.50."""
        number = self.number(which)
        lines = [
            {"optiply_id": number * 10 + place, "product_id": article.id, "quantity": count * article.lot,
             "subtotal_value": f"{count * article.lot * 2.5:.2f}"}
            for place, (article, count) in enumerate(lots.items())
        ]  # fmt: skip
        document = {"optiply_id": number, "supplier_id": next(iter(lots)).supplier_id, "lines": lines}
        self.stage.one("select platform.place_buy_order(%s, %s)", self.webshop, json.dumps(document))

    def cancel(self, which: int) -> None:
        """Let Optiply cancel an order."""
        self.stage.one("select platform.cancel_buy_order(%s, %s)", self.webshop, self.number(which))

    def push(self) -> Pushed:
        self.stage.connection.execute("delete from platform.budgets")
        return push(self.stage.platform, self.stage.configs[self.coupling], self.stage.opened[self.coupling])

    def pull(self) -> None:
        """Pull what became of buy orders, as the schedule does."""
        self.stage.pull(self.coupling, "buy_orders", "changed")
        self.stage.pull(self.coupling, "receipt_lines", "changed")

    def remote_id(self, which: int) -> str:
        """Return the system's id of an order, as the ledger has it."""
        return str(
            self.stage.one(
                "select p.remote_id from platform.push_orders p join optiply.buy_orders o on o.id = p.buy_order_id"
                " join platform.couplings c on c.id = p.coupling_id where c.name = %s and o.optiply_id = %s",
                self.coupling,
                self.number(which),
            )
        )

    def seen(self) -> dict[int, Seen]:
        """Return how the three orders stand in Optiply now."""
        return {which: self._seen(which) for which in (WHOLE, CANCELLED, HANDLED)}

    def _seen(self, which: int) -> Seen:
        remote_id = self.remote_id(which)
        orders = self.stage.rows(
            "select o.* from optiply.buy_orders o join platform.couplings c on c.id = o.coupling_id"
            " where c.name = %s and (o.optiply_id = %s or o.remote_id = %s)",
            self.coupling, self.number(which), remote_id,
        )  # fmt: skip
        lines = self.stage.rows(
            "select * from optiply.buy_order_lines where buy_order_id = any(%s) order by id",
            [order["id"] for order in orders],
        )
        receipts = self.stage.rows(
            "select * from optiply.receipt_lines where buy_order_line_id = any(%s) and deleted_at is null order by id",
            [line["id"] for line in lines],
        )
        ledger = self.stage.row("select * from platform.push_orders where buy_order_id = %s", orders[0]["id"])
        return Seen(orders, lines, receipts, ledger, self.there(remote_id))

    def there(self, remote_id: str) -> int:
        """Return how many orders the system has with our order's id or with a reference like it."""
        collections = self.running.admin.state()["collections"]
        match self.system:
            case "exact_online":
                rows = collections["purchases"]
                ours = {row["PurchaseOrderID"] for row in rows if row["PurchaseOrderID"] == remote_id}
                refs = {row["YourRef"] for row in rows if row["PurchaseOrderID"] == remote_id}
                return len(ours | {row["PurchaseOrderID"] for row in rows if row["YourRef"] in refs})
            case "picqer":
                rows = collections["purchase_orders"]
                refs = {row["supplier_orderid"] for row in rows if str(row["idpurchaseorder"]) == remote_id}
                return sum(row["supplier_orderid"] in refs for row in rows)
            case _:
                rows = collections["buy_orders"]
                refs = {row["Remarks"] for row in rows if str(row["Id"]) == remote_id}
                return sum(row["Remarks"] in refs for row in rows)


@dataclasses.dataclass(frozen=True)
class Seen:
    """One order of ours: its rows in Optiply, what came in, the ledger, and how many of it the system has."""

    orders: list[Row]
    lines: list[Row]
    receipts: list[Row]
    ledger: Row
    there: int

    @property
    def order(self) -> Row:
        (only,) = self.orders
        return only

    @property
    def ordered(self) -> dict[int, int]:
        """Quantity by line of Optiply, of lines that are still wanted."""
        return {line["id"]: line["quantity"] for line in self.lines if line["deleted_at"] is None}

    @property
    def received(self) -> dict[int, int]:
        """What came in, by line of Optiply."""
        came: dict[int, int] = {}
        for receipt in self.receipts:
            came[receipt["buy_order_line_id"]] = came.get(receipt["buy_order_line_id"], 0) + receipt["quantity"]
        return came
