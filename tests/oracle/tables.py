"""What the Optiply tables must hold, kept from pull to pull by the rules of the model reference."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Key = tuple[str, str]
"""Coupling and remote id: what a row is known by."""
Attributes = dict[str, Any]
CENT = Decimal("0.01")

DEFAULTS: dict[str, Attributes] = {
    "products": {
        "name": None, "sku_code": None, "article_code": None, "ean_code": None, "price": None, "unlimited_stock": False,
        "stock_level": 0, "status": "enabled", "not_being_bought": False, "resuming_purchase": None, "assembled": False,
        "minimum_stock": None, "maximum_stock": None, "ignored": False, "manual_service_level": None,
        "stock_measurement_unit": None, "created_at": None, "updated_at": None,
    },
    "suppliers": {
        "name": None, "emails": [], "delivery_time": None, "user_replenishment_period": None, "fixed_costs": None,
        "minimum_order_value": None, "ignored": False, "type": "vendor", "global_location_number": None,
        "currency": None, "created_at": None, "updated_at": None,
    },
    "supplier_products": {
        "product": None, "supplier": None, "name": None, "sku_code": None, "ean_code": None, "article_code": None,
        "price": None, "minimum_purchase_quantity": None, "lot_size": None, "delivery_time": None, "preferred": False,
        "status": "enabled", "availability": None, "free_stock": None, "weight": None, "volume": None,
    },
    "product_compositions": {"composed": None, "part": None, "part_quantity": None},
    "sell_orders": {"placed": None, "total_value": None, "completed": None, "created_at": None},
    "sell_order_lines": {"order": None, "product": None, "quantity": None, "subtotal_value": None},
    "buy_orders": {
        "supplier": None, "placed": None, "total_value": None, "completed": None, "expected_delivery_date": None,
        "assembly": False, "reference": None, "created_at": None,
    },
    "buy_order_lines": {
        "order": None, "product": None, "quantity": None, "subtotal_value": None, "expected_delivery_date": None,
    },
    "receipt_lines": {"line": None, "quantity": None, "occurred": None},
}  # fmt: skip


def money(value: Decimal) -> Decimal:
    """Two decimals, half up (A.0)."""
    return value.quantize(CENT, ROUND_HALF_UP)


def price(value: Decimal | None) -> Decimal | None:
    """A price; what is beyond its bounds is left out (B20)."""
    return None if value is None or value < 0 or money(value) > Decimal("9999999.99") else money(value)


def text(value: str | None) -> str | None:
    """A trimmed text; an empty one is none."""
    return (value or "").strip() or None


def whole(value: Decimal | int) -> int:
    """Whole units, rounded down (B20)."""
    return math.floor(value)


def utc(value: str | None) -> datetime | None:
    """A time of the wire as UTC in whole seconds (A.0); one without a zone is UTC."""
    if not value:
        return None
    moment = datetime.fromisoformat(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).replace(microsecond=0)


def exact_date(value: str | None) -> datetime | None:
    """`/Date(ms)/` as UTC in whole seconds."""
    if not value:
        return None
    milliseconds = int(value.removeprefix("/Date(").removesuffix(")/"))
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).replace(microsecond=0)


@dataclasses.dataclass(frozen=True, eq=False)
class Since:
    """Some time from `moment` on."""

    moment: datetime

    def __eq__(self, other: object) -> bool:
        return isinstance(other, datetime) and other >= self.moment

    def __hash__(self) -> int:
        return hash(self.moment)


@dataclasses.dataclass
class Line:
    """A line of a sell order before it is matched; `product` is None where nothing fits."""

    remote_id: str
    product: Key | None
    quantity: int
    subtotal: Decimal
    why_not: str = "waiting for parent"


@dataclasses.dataclass
class BoughtLine:
    """A line of a buy order, live at the remote; `product` is None where it is not among the products."""

    remote_id: str
    product: Key | None
    quantity: int | None
    subtotal: Decimal | None
    to_receive: Decimal | int | None = None
    """How many are still to come; None where the remote does not say."""
    expected: datetime | None = None
    why_not: str = "waiting for parent"
    """`missing` where the line names no product at all."""


def optiply_id(text: str | None) -> int | None:
    """Optiply's own id in a reference, in one of the forms that Optiply's exports write, alone in the text (B15)."""
    found = re.fullmatch(r"(?:op-|optiply[- ])?(\d{1,18})", (text or "").strip().lower())
    return int(found[1]) if found else None


@dataclasses.dataclass
class Optiply:
    """The expected tables and the expected open problems."""

    tables: dict[str, dict[Key, Attributes]] = dataclasses.field(
        default_factory=lambda: {name: {} for name in DEFAULTS}
    )
    deleted: dict[str, set[Key]] = dataclasses.field(default_factory=lambda: {name: set() for name in DEFAULTS})
    problems: set[tuple[str, str, str, str, str]] = dataclasses.field(default_factory=set)
    """Coupling, object, remote id, field, reason."""
    taken: set[Key] = dataclasses.field(default_factory=set)
    """Remote lines that were taken over: what becomes of them at the remote is no matter any more (B4)."""
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    """When the sync began: a change that the source's own clock does not show gets the load time (A.0)."""

    def put(self, table: str, key: Key, attributes: Attributes, *, deleted: bool = False, create: bool = True) -> None:
        """Write a row; a missing value never overwrites (B19), the time of change counts only with a change.

        One that is not there comes only when it is neither deleted nor unwanted.
        """
        stored = self.tables[table].get(key)
        if stored is None:
            if not deleted and create:
                filled = {name: value for name, value in attributes.items() if value is not None}
                self.tables[table][key] = {**DEFAULTS[table], **filled}
            return
        times = ("updated_at", "created_at")
        news = {name: value for name, value in attributes.items() if value is not None and name not in times}
        changed = any(stored[name] != value for name, value in news.items())
        if changed or deleted != (key in self.deleted[table]):
            stored |= news
            if "updated_at" in stored:
                stored["updated_at"] = self._moved(stored["updated_at"], attributes.get("updated_at"))
        (self.deleted[table].add if deleted else self.deleted[table].discard)(key)

    def _moved(self, stored: datetime | Since, source: datetime | None) -> datetime | Since:
        known = stored.moment if isinstance(stored, Since) else stored
        return source if source and source > known else Since(self.now)

    def problem(self, coupling: str, name: str, remote_id: str, field: str, reason: str) -> None:
        self.problems.add((coupling, name, remote_id, field, reason))

    def forget_problems(self, coupling: str) -> None:
        """Everything is looked at anew."""
        self.problems = {problem for problem in self.problems if problem[0] != coupling}

    def order(
        self, key: Key, header: Attributes, lines: Iterable[Line], *, cancelled: bool = False, in_scope: bool = True
    ) -> None:
        """Take over a sell order: once created its lines stay (B4), lines that found no product may follow (B14)."""
        stored = key in self.tables["sell_orders"]
        if cancelled:
            if stored:
                self.deleted["sell_orders"].add(key)
            return
        if not in_scope:
            return
        known = {line["product"] for line in self.tables["sell_order_lines"].values() if line["order"] == key}
        lines = list(lines)
        merged = self._merged(key, lines)
        if not merged and not known:
            self.problem(key[0], "sell_orders", key[1], "lines", "no line matched yet")
            return
        self.taken |= {(key[0], line.remote_id) for line in lines if line.product is not None}
        for product, line in merged.items():
            if product not in known:
                attributes = {
                    "order": key,
                    "product": product,
                    "quantity": line.quantity,
                    "subtotal_value": line.subtotal,
                }
                self.put("sell_order_lines", (key[0], line.remote_id), attributes)
        total = sum(
            (line["subtotal_value"] for line in self.tables["sell_order_lines"].values() if line["order"] == key),
            Decimal("0.00"),
        )
        self.put("sell_orders", key, {**header, "total_value": total})

    def buy_order(
        self,
        key: Key,
        supplier: str | None,
        header: Attributes,
        lines: Iterable[BoughtLine],
        *,
        gone: bool = False,
        by_receipt: bool = False,
        last_receipt: datetime | None = None,
    ) -> None:
        """Take over a buy order as it is now, its lines too; call it before `receipt`.

        `supplier` is the supplier's remote id. `header` holds placed, completed (where the remote itself says so),
        expected_delivery_date, assembly, reference (a number), created_at, updated_at. `by_receipt`: complete when
        nothing is left to receive, at `last_receipt` where that is known.
        """
        header, lines = dict(header), list(lines)
        if gone:
            self._buy_order_gone(key)
            return
        able = [line for line in lines if not self._line_problems(key, line)]
        is_held = self._buy_order_problems(key, supplier, header)
        stored = self.tables["buy_orders"].get(key)
        if stored is None and not able:
            if lines:
                self.problem(key[0], "buy_orders", key[1], "lines", "no line matched yet")
            return
        if is_held:
            return
        completed = self._completed(stored, header, lines if by_receipt else None, last_receipt)
        header = {name: value for name, value in header.items() if name not in ("completed", "updated_at")}
        self.put("buy_orders", key, {**header, "supplier": (key[0], supplier)})
        for line in able:
            attributes = {"order": key, "product": line.product, "quantity": line.quantity,
                          "subtotal_value": money(line.subtotal or Decimal(0)),
                          "expected_delivery_date": line.expected}  # fmt: skip
            self.put("buy_order_lines", (key[0], line.remote_id), attributes)
        for name in self._lines_of(key) - {(key[0], line.remote_id) for line in lines}:
            self._buy_order_line_gone(name)
        live = self._lines_of(key) - self.deleted["buy_order_lines"]
        values = (self.tables["buy_order_lines"][name]["subtotal_value"] for name in live)
        self.tables["buy_orders"][key] |= {"completed": completed, "total_value": sum(values, Decimal("0.00"))}

    def _lines_of(self, order: Key) -> set[Key]:
        return {name for name, line in self.tables["buy_order_lines"].items() if line["order"] == order}

    def _buy_order_gone(self, key: Key) -> None:
        """Its lines and their receipts go with it (B3)."""
        if key in self.tables["buy_orders"]:
            self.deleted["buy_orders"].add(key)
            for name in self._lines_of(key):
                self._buy_order_line_gone(name)

    def _buy_order_line_gone(self, key: Key) -> None:
        self.deleted["buy_order_lines"].add(key)
        receipts = self.tables["receipt_lines"].items()
        self.deleted["receipt_lines"] |= {name for name, receipt in receipts if receipt["line"] == key}

    def _buy_order_problems(self, key: Key, supplier: str | None, header: Attributes) -> bool:
        found = []
        if supplier is None:
            found.append(("supplier_id", "supplier missing"))
        elif (key[0], supplier) not in self.tables["suppliers"]:
            found.append(("supplier_id", "waiting for parent"))
        if header.get("placed") is None:
            found.append(("placed", "missing"))
        for field, reason in found:
            self.problem(key[0], "buy_orders", key[1], field, reason)
        return bool(found)

    def _line_problems(self, order: Key, line: BoughtLine) -> bool:
        found = []
        if line.product is None:
            found.append(("product_id", line.why_not))
        if line.quantity is None or line.quantity <= 0:
            found.append(("quantity", "not a number" if line.quantity is None else "not above zero"))
        if line.subtotal is None:
            found.append(("subtotal_value", "not a number"))
        for field, reason in found:
            self.problem(order[0], "buy_order_lines", line.remote_id, field, reason)
        return bool(found)

    def _completed(
        self,
        stored: Attributes | None,
        header: Attributes,
        lines: list[BoughtLine] | None,
        last_receipt: datetime | None,
    ) -> datetime | Since | None:
        """Set once, kept while the order stays complete, cleared when it is open again (A.6, example 27)."""
        before: datetime | Since | None = stored["completed"] if stored else None
        own: datetime | None = header.get("completed")
        if own is not None:
            return before or own
        if lines is None or any(line.to_receive is not None and line.to_receive > 0 for line in lines):
            return None
        if not lines or any(line.to_receive is None for line in lines):
            return before
        return before or last_receipt or header.get("updated_at") or Since(self.now)

    def receipt(
        self,
        key: Key,
        line: str | None,
        quantity: int | None,
        occurred: datetime | None,
        *,
        gone: bool = False,
        returns: bool = False,
    ) -> None:
        """Take over a receipt of the buy order line with remote id `line`; `returns`: below zero is a return (B20)."""
        parent = (key[0], line or "")
        if gone or parent in self.deleted["buy_order_lines"]:
            if key in self.tables["receipt_lines"]:
                self.deleted["receipt_lines"].add(key)
            return
        found = []
        if line is None:
            found.append(("buy_order_line_id", "missing"))
        elif parent not in self.tables["buy_order_lines"]:
            found.append(("buy_order_line_id", "waiting for parent"))
        if quantity is None:
            found.append(("quantity", "not a number"))
        elif quantity == 0 or (quantity < 0 and not returns):
            found.append(("quantity", "not above zero"))
        for field, reason in found:
            self.problem(key[0], "receipt_lines", key[1], field, reason)
        if not found:
            known = self.tables["receipt_lines"].get(key, {}).get("occurred")
            self.put("receipt_lines", key, {"line": parent, "quantity": quantity,
                                            "occurred": occurred or known or Since(self.now)})  # fmt: skip

    def _merged(self, key: Key, lines: Iterable[Line]) -> dict[Key, Line]:
        """One line per product, under the first one's id (B5); the others into quarantine."""
        merged: dict[Key, Line] = {}
        for line in lines:
            if line.product is None and (key[0], line.remote_id) in self.taken:
                continue
            if line.product is None:
                self.problem(key[0], "sell_order_lines", line.remote_id, "product_id", line.why_not)
            elif line.product in merged:
                merged[line.product].quantity += line.quantity
                merged[line.product].subtotal += line.subtotal
            else:
                merged[line.product] = dataclasses.replace(line)
        for line in merged.values():
            line.subtotal = money(line.subtotal)
        return merged


@dataclasses.dataclass
class Seen:
    """The records of one stream as the platform last saw them, and which of them it knows to be gone."""

    records: dict[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    gone: set[str] = dataclasses.field(default_factory=set)

    def all(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """A complete pull-all: what is not there any more is gone."""
        self.some(records)
        self.gone = set(self.records) - set(records)

    def some(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Some records, as a changed-since pull brings them."""
        self.records |= records
        self.gone -= set(records)

    def bury(self, keys: Iterable[str]) -> None:
        """The remote says by key what is gone."""
        self.gone |= set(keys) & set(self.records)

    def present(self) -> dict[str, Mapping[str, Any]]:
        return {key: record for key, record in self.records.items() if key not in self.gone}
