"""Compare what the rules expect with what the warehouse holds: every record is stored, held or out of scope."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.sync.ugly.rows import Row
from tests.sync.ugly.rules import Told, identifier

# Fields that hold a row back although no single field of its own record says so.
JOINED = {"lines", "remote_id", "stock_level", "name", "status"}
ORDERS = {"sell_order_lines": "sell_orders", "buy_order_lines": "buy_orders"}
DEFAULTS: Mapping[str, Any] = {"stock_level": 0}


@dataclasses.dataclass(frozen=True)
class Held:
    """An open problem of a row."""

    field: str
    reason: str
    blocks: bool


@dataclasses.dataclass
class Judge:
    """One coupling: its live Optiply rows by object and remote id, and its open quarantine."""

    stored: Mapping[str, Mapping[str, Mapping[str, Any]]]
    problems: Mapping[tuple[str, str], Sequence[Held]]
    rows: Sequence[Row]

    def __post_init__(self) -> None:
        self.faults: list[str] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        self._same = defaultdict(list)
        for row in self.rows:
            self._same[row.object, identifier(row.remote_id)].append(row)
        # A line whose id another record has as well may be the one that is left out: its order then has none.
        self._orders_with_lines = {
            (ORDERS[row.object], row.order)
            for row in self.rows
            if row.object in ORDERS and len(self._same[row.object, identifier(row.remote_id)]) == 1
        }
        self._stored_pairs = {
            (row.object, row.order, row.product)
            for row in self.rows
            if row.object in ORDERS and identifier(row.remote_id) in self.stored[row.object]
        }

    @property
    def distinct(self) -> int:
        """How many rows are expected; records that yield the same id yield one."""
        return len(self._same)

    def judge(self) -> None:
        """Judge every expected row, and look for stored rows that nobody expects."""
        for (kind, key), rows in self._same.items():
            self.counts[kind, self._verdict(rows[-1], key, is_alone=len(rows) == 1)] += 1
        for kind, found in self.stored.items():
            self.faults += [
                f"{kind} {key}: stored, but no record says so" for key in found if (kind, key) not in self._same
            ]

    def _verdict(self, row: Row, key: str, *, is_alone: bool) -> str:
        held = self.problems.get((row.object, key), ())
        blocked = [problem for problem in held if problem.blocks]
        here = self.stored[row.object].get(key)
        if here is not None:
            if blocked:
                self._fault(row, f"stored and held: {blocked}")
            if is_alone:
                self.faults += [f"{row.object} {key}: {fault}" for fault in self._wrong(row, here, held)]
            return "stored"
        if blocked:
            if is_alone and not row.out and not self._is_justified(row, blocked):
                self._fault(row, f"held for no reason: {blocked}")
            return "held"
        if not is_alone:
            return "one of several"
        reason = self._reason_to_be_absent(row, held)
        if reason is None:
            self._fault(row, f"lost: {row}"[:400])
        return reason or "lost"

    def _reason_to_be_absent(self, row: Row, held: Sequence[Held]) -> str | None:
        if row.out:
            return row.out
        if any("another record" in problem.reason for problem in held):
            return "another record stands for it"
        if row.object in ORDERS:
            if (row.object, row.order, row.product) in self._stored_pairs:
                return "merged"
            if row.order not in self.stored[ORDERS[row.object]]:
                return "with its order"
        if row.object in ORDERS.values() and (row.object, row.remote_id) not in self._orders_with_lines:
            return "an order without lines"
        return None

    def _is_justified(self, row: Row, blocked: Sequence[Held]) -> bool:
        for problem in blocked:
            told = row.columns.get(problem.field)
            if told is not None and told.blocks:
                return True
            if told is None and (problem.field in JOINED or row.object == "receipt_lines" or not row.columns):
                return True
            if any(needed is None for _, needed in row.needs):
                return True
            if "waiting for parent" in problem.reason or problem.reason in ("no match", "cycle", "ambiguous match"):
                return True
        return len(row.remote_id) > 255

    def _wrong(self, row: Row, here: Mapping[str, Any], held: Sequence[Held]) -> Iterator[str]:
        if row.out:
            yield f"stored, but {row.out}"
        for kind, needed in row.needs:
            if needed is None or identifier(needed) not in self.stored[kind]:
                yield f"stored without its {kind} {needed}"
        warned = {problem.field for problem in held}
        for column, told in row.columns.items():
            if row.object in ORDERS and column in ("quantity", "subtotal_value"):
                continue
            yield from self._column(column, told, here, warned)

    @staticmethod
    def _column(column: str, told: Told, here: Mapping[str, Any], warned: set[str]) -> Iterator[str]:
        if told.blocks:
            yield f"{column} {here.get(column)!r} is stored, but the rules refuse it"
        elif column.endswith("_id"):
            return
        elif (
            column in here
            and here[column] != told.value
            and not (told.value is None and here[column] == DEFAULTS.get(column))
        ):
            yield f"{column} is {here[column]!r}, not {told.value!r}"
        elif told.warns and column not in warned:
            yield f"{column} is {here[column]!r} and nobody is warned"

    def _fault(self, row: Row, words: str) -> None:
        self.faults.append(f"{row.object} {row.remote_id[:80]!r}: {words}")
