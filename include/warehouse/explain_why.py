"""The state of a row in plain words, or why there is none."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from include.warehouse.explain_find import Scope
from include.warehouse.explain_mapped import Source


@dataclasses.dataclass(frozen=True)
class Problem:
    """An entry of the quarantine, open where `resolved_at` is None; `own`: of the record itself, not of a neighbour."""

    coupling: str
    object: str
    remote_id: str
    field: str
    reason: str
    severity: str
    waiting: bool
    own: bool
    first_seen_at: datetime
    last_seen_at: datetime
    attempts: int
    resolved_at: datetime | None


@dataclasses.dataclass(frozen=True)
class News:
    """What landed and is not mapped; `held_by_pull`: its pull has not succeeded yet. `since` is None in a batch."""

    since: datetime | None
    held_by_pull: bool


@dataclasses.dataclass(frozen=True)
class Facts:
    """What was found about a record."""

    row: dict[str, Any] | None
    sources: list[Source]
    news: list[News]
    problems: list[Problem]
    is_landed: bool


def answers(where: Scope, coupling_id: int, facts: Facts) -> list[str]:
    """Return sentences that answer: is it there, is it as the source says, and if not, why."""
    told = list(_there(facts) if facts.row is not None else _not_there(where, coupling_id, facts))
    if any(news.held_by_pull for news in facts.news):
        told.append("What landed is held back until its pull has succeeded: half a record must not be mapped.")
    elif facts.news:
        told.append("Something of it has landed that is not mapped yet: the next transform takes it.")
    return told


def _there(facts: Facts) -> Iterator[str]:
    assert facts.row is not None, "asked for a row that is there"
    deleted = facts.row["deleted_at"]
    yield (
        "It is in Optiply, live." if deleted is None else
        f"It is in Optiply, deleted since {deleted:%Y-%m-%d %H:%M} UTC; it keeps its id and comes back with it."
    )  # fmt: skip
    if len(facts.sources) > 1:
        yield f"It is made of {len(facts.sources)} records, of {_and(source.coupling for source in facts.sources)}."
    held = _held(facts)
    if held:
        yield f"It stays as it was while this is open: {_and(held)}."


def _not_there(where: Scope, coupling_id: int, facts: Facts) -> Iterator[str]:
    coupling = where.couplings[coupling_id][0]
    yield "It is not in Optiply."
    if not facts.sources and not facts.is_landed:
        yield "It could not be landed: see the quarantine below." if facts.problems else "No record of it has landed."
        return
    if not facts.sources:
        if not facts.news:
            yield f"It has landed, and the mapping of {coupling} makes no row of {where.table} from it."
        return
    source = facts.sources[0]
    if source.owns is None:
        yield f"{coupling} is no owner of {where.object} in webshop.yaml: it is landed and mapped, and not written."
    if source.mapped.get("deleted_at") is not None:
        yield "The remote no longer has it, or the mapping no longer makes it; what is gone is not created."
    if source.mapped.get("is_in_scope") is False:
        yield "Its status, date or kind is out of the scope that the coupling's settings give."
    held = _held(facts)
    if held:
        yield f"It is held back by {_and(held)}."
    elif where.table == "products" and source.mapped.get("status") == "disabled":
        yield "It arrived disabled: such a product is created when it is enabled."
    elif where.table == "sell_order_lines" and source.owns is not None:
        yield "A product stands once on an order: its quantity is part of another line (B5), or it was added after the"
        yield "order was stored, and stored orders get no new lines (B4)."


def _held(facts: Facts) -> list[str]:
    return [
        f"{problem.field}: {problem.reason}{' (tried again by each transform)' if problem.waiting else ''}"
        for problem in facts.problems
        if problem.own and problem.resolved_at is None and problem.severity == "blocked"
    ]


def _and(words: Any) -> str:
    return "; ".join(dict.fromkeys(words))
