"""What the Optiply tables must hold, kept from pull to pull by the rules of the model reference."""

from __future__ import annotations

import dataclasses
import math
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
