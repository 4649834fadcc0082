"""How couplings are doing, in words: one set-based query for a page of them, for support's pages and the API alike."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from include.contract.errors import Misconfigured
from include.spec.tables import TABLES
from include.warehouse import due

QUERIES = Path(__file__).parent / "queries"
WORDS = {
    "needs_auth": "needs re-authentication",
    "failing": "failing",
    "late": "late",
    "approval": "waiting for an approval",
    "quota": "waiting for a quota",
    "activating": "activating",
    "paused": "paused",
    "new": "new",
    "on_time": "on time",
    "inactive": "inactive",
}
"""Each state with its words, in the order of how much it needs a person."""
OBJECT_WORDS = {
    "failing": "failing",
    "late": "late",
    "quota": "waiting for a quota",
    "pulling": "being pulled",
    "on_time": "on time",
    "never": "never pulled",
    "unscheduled": "not scheduled",
}


@dataclasses.dataclass(frozen=True)
class Why:
    """A reason as support reads it."""

    error_class: str
    text: str
    acts: str
    next_step: str


@dataclasses.dataclass(frozen=True)
class Running:
    """A pull that is open: how far it is; `percent` is None where the remote does not say how much there is."""

    pull_id: int
    mode: str
    since: datetime
    records: int
    expected: int | None
    pages: int
    percent: int | None
    waits_until: datetime | None
    waits_for: str | None


@dataclasses.dataclass(frozen=True)
class ObjectStatus:
    """An object of a coupling. `quarantined` records are missing in Optiply, `warnings` lack a value."""

    object: str
    state: str
    words: str
    last_success_at: datetime | None
    last_update_at: datetime | None
    next_at: datetime | None
    quarantined: int
    warnings: int
    running: Running | None
    reason: Why | None


@dataclasses.dataclass(frozen=True)
class Activation:
    """An activation that is not done: at which step of how many, in percent, and how long it will take."""

    step: str
    number: int
    steps: int
    percent: float
    seconds_left: int | None
    state: str


@dataclasses.dataclass(frozen=True)
class CouplingStatus:
    """A coupling: its state in words, since when and why, and each of its objects."""

    id: int
    coupling: str
    title: str
    connector: str
    role: str
    webshop: str
    webshop_title: str
    state: str
    words: str
    since: datetime | None
    until: datetime | None
    reason: Why | None
    activation: Activation | None
    approvals: int
    quarantined: int
    objects: list[ObjectStatus]


@dataclasses.dataclass(frozen=True)
class Filter:
    """Which couplings; None = any. `text` is part of a name or title."""

    webshop: str | None = None
    connector: str | None = None
    object: str | None = None
    text: str | None = None
    states: Sequence[str] | None = None
    coupling: str | None = None


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of couplings, and how many pass the filter in each state, on this page or not."""

    couplings: list[CouplingStatus]
    numbers: dict[str, int]
    total: int


def couplings(connection: psycopg.Connection, wanted: Filter, limit: int = 50, offset: int = 0) -> Page:
    """Return a page of couplings, those first that need a person most."""
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        due.refresh(connection)
        # The filter of states is applied last, so that each state's number stays to be seen.
        values: dict[str, Any] = dataclasses.asdict(wanted) | {"limit": limit, "offset": offset, "order": list(WORDS)}
        values["text"] = f"%{_escaped(wanted.text)}%" if wanted.text else None
        values["states"] = list(wanted.states) if wanted.states else None
        rows = cursor.execute(_query("couplings"), values).fetchall()
        numbers: dict[str, int] = rows[0]["numbers"]
        ids = [row["id"] for row in rows if row["id"] is not None]
        objects = cursor.execute(_query("objects"), {"couplings": ids}).fetchall()
        steps = cursor.execute(_query("activations"), {"couplings": ids}).fetchall()
    of = {number: [row for row in objects if row["coupling_id"] == number] for number in ids}
    activations = {row["coupling_id"]: row for row in steps}
    found = [_status(row, of[row["id"]], activations.get(row["id"])) for row in rows if row["id"] is not None]
    return Page(found, numbers, sum(numbers[state] for state in wanted.states or numbers if state in numbers))


def coupling(connection: psycopg.Connection, name: str) -> CouplingStatus:
    """Return one coupling. Raises Misconfigured where there is none of that name."""
    found = [] if "\x00" in name else couplings(connection, Filter(coupling=name), limit=1).couplings
    if not found:
        raise Misconfigured(f"there is no coupling '{name}'", next_step="The page Couplings lists them.")
    return found[0]


@dataclasses.dataclass(frozen=True)
class Choices:
    """What can be filtered by: name and title."""

    webshops: list[tuple[str, str]]
    connectors: list[str]


def choices(connection: psycopg.Connection) -> Choices:
    """Return the webshops and systems that there are."""
    shops = connection.execute("select name, title from platform.webshops order by title").fetchall()
    systems = connection.execute("select distinct connector from platform.couplings order by 1").fetchall()
    return Choices([(str(name), str(title)) for name, title in shops], [str(name) for (name,) in systems])


@functools.cache
def _query(name: str) -> bytes:
    return (QUERIES / f"{name}.sql").read_bytes()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _status(row: dict[str, Any], objects: list[dict[str, Any]], step: dict[str, Any] | None) -> CouplingStatus:
    known = {found["object"]: found for found in objects}
    told = [_object(row, known, name) for name in TABLES if name in known]
    activation = _activation(step) if row["state"] == "activating" and step else None
    return CouplingStatus(
        id=row["id"], coupling=row["coupling"], title=row["title"], connector=row["connector"], role=row["role"],
        webshop=row["webshop"], webshop_title=row["webshop_title"], state=row["state"],
        words=_words(row, activation), since=row["since"], until=row["until"], reason=_why(row),
        activation=activation, approvals=row["approvals"], quarantined=sum(found["blocked"] for found in objects),
        objects=told,
    )  # fmt: skip


def _words(row: dict[str, Any], activation: Activation | None) -> str:
    words = WORDS[row["state"]]
    if row["state"] == "quota":
        return f"{words} until {row['until']:%H:%M} UTC"
    if activation is not None:
        return f"{words} {activation.number}/{activation.steps}"
    if row["state"] in ("failing", "late") and row[f"{row['state']}_object"]:
        return f"{words}: {row[row['state'] + '_object'].replace('_', ' ')}"
    return words


def _object(coupling: dict[str, Any], known: dict[str, dict[str, Any]], name: str) -> ObjectStatus:
    row = known[name]
    # The quarantine of an object's lines is its own.
    parts = [known[table] for table in TABLES[name] if table in known]
    state = _object_state(coupling, row)
    return ObjectStatus(
        object=name, state=state, words=OBJECT_WORDS[state], last_success_at=row["succeeded_at"],
        last_update_at=row["touched_at"], next_at=row["next_at"] if _is_scheduled(coupling) else None,
        quarantined=sum(part["blocked"] for part in parts), warnings=sum(part["warnings"] for part in parts),
        running=_running(row) if row["pull_id"] else None, reason=_why(row),
    )  # fmt: skip


def _is_scheduled(coupling: dict[str, Any]) -> bool:
    return coupling["state"] not in ("new", "activating", "paused", "needs_auth", "inactive")


def _object_state(coupling: dict[str, Any], row: dict[str, Any]) -> str:
    if row["pull_id"]:
        return "quota" if row["waits_until"] else "pulling"
    if row["latest_outcome"] == "failed":
        return "failing"
    if _is_scheduled(coupling) and row["is_overdue"]:
        return "late"
    if row["succeeded_at"] is None:
        return "never"
    return "on_time" if row["next_at"] and _is_scheduled(coupling) else "unscheduled"


def _running(row: dict[str, Any]) -> Running:
    expected = row["expected"]
    percent = min(100, 100 * row["records"] // expected) if expected else None
    return Running(
        row["pull_id"], row["running_mode"], row["running_since"], row["records"], expected, row["pages"], percent,
        row["waits_until"], row["waits_for"],
    )  # fmt: skip


def _activation(row: dict[str, Any]) -> Activation:
    return Activation(
        row["step"], min(row["steps_done"] + 1, row["steps"]), row["steps"], float(row["percent"]),
        row["seconds_left"], row["state"],
    )  # fmt: skip


def _why(row: dict[str, Any]) -> Why | None:
    if not row["error_class"]:
        return None
    return Why(row["error_class"], row["error_text"], row["acts"], row["next_step"])
