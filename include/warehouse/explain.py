"""Tell all about one Optiply row, or why there is none: raw documents, mappings, winners, changes, quarantine."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from include.spec.tables import TABLES
from include.warehouse import explain_mapped
from include.warehouse.explain_find import Hit, Scope, find, scope
from include.warehouse.explain_mapped import Field, Source
from include.warehouse.explain_raw import Document, documents
from include.warehouse.explain_why import Facts, News, Problem, answers


@dataclasses.dataclass(frozen=True)
class Change:
    """A transform that wrote the row, and what else it did to this table for the coupling."""

    what: str
    transform_id: int
    started_at: datetime
    finished_at: datetime | None
    inserted: int
    updated: int
    deleted: int


@dataclasses.dataclass(frozen=True)
class Explanation:
    """What is known about a key. With several hits only these are told; without any, `answers` says where it is not."""

    webshop: str
    table: str
    key: str
    hits: list[Hit]
    answers: list[str]
    """In plain words: what the state of the row is, and why."""
    coupling: str | None = None
    remote_id: str | None = None
    row: dict[str, Any] | None = None
    fields: list[Field] = dataclasses.field(default_factory=list)
    sources: list[Source] = dataclasses.field(default_factory=list)
    documents: list[Document] = dataclasses.field(default_factory=list)
    changes: list[Change] = dataclasses.field(default_factory=list)
    problems: list[Problem] = dataclasses.field(default_factory=list)


def explain(
    connection: psycopg.Connection,
    webshop: str,
    table: str,
    key: str,
    *,
    coupling: str | None = None,
    raw: bool = False,
) -> Explanation:
    """Explain the row of an Optiply table that `key` means: a remote id, Optiply's id, a SKU, an EAN, an order number.

    `coupling` narrows a key that several couplings know. `raw` shows documents that may hold personal data.
    Raises Misconfigured for an unknown webshop or table.
    """
    where = scope(connection, webshop, table)
    every, unread = find(where, key)
    hits = [hit for hit in every if coupling in (None, hit.coupling)]
    rows = _anchors(where, hits)
    if len(rows) != 1:
        told = _nothing_known(where, key, unread) if not rows else []
        return Explanation(webshop, table, key, hits, told)
    ((coupling_id, remote_id),) = rows
    row = _row(where, coupling_id, remote_id)
    records = explain_mapped.members(where, coupling_id, remote_id)
    found = explain_mapped.sources(where, records)
    roots = _roots(where, coupling_id, found, hits)
    facts = Facts(row, found, _news(where, roots), _problems(where, records, roots), _is_landed(where, roots))
    named = explain_mapped.named_references(where, row) if row else None
    return Explanation(
        webshop, table, key, hits, answers(where, coupling_id, facts),
        coupling=where.couplings[coupling_id][0],
        remote_id=remote_id,
        row=named,
        fields=explain_mapped.fields(where, row, found, named),
        sources=found,
        documents=[document for root in roots for document in documents(where, *root, raw=raw)],
        changes=_changes(where, row) if row else [],
        problems=facts.problems,
    )  # fmt: skip


def _anchors(where: Scope, hits: list[Hit]) -> list[tuple[int, str]]:
    """Return the rows that the hits are part of, each once."""
    numbers = {name: number for number, (name, _) in where.couplings.items()}
    return list(dict.fromkeys(explain_mapped.anchor(where, numbers[hit.coupling], hit.remote_id) for hit in hits))


def _row(where: Scope, coupling_id: int, remote_id: str) -> dict[str, Any] | None:
    query = sql.SQL("select * from {} where coupling_id = %(coupling)s and remote_id = %(remote_id)s").format(
        sql.Identifier("optiply", where.table)
    )
    return next(iter(where.rows(query, coupling=coupling_id, remote_id=remote_id)), None)


def _roots(where: Scope, coupling_id: int, found: list[Source], hits: list[Hit]) -> list[tuple[int, str]]:
    numbers = {name: number for number, (name, _) in where.couplings.items()}
    roots = [(numbers[source.coupling], source.root_key) for source in found]
    roots += [(coupling_id, hit.root_key) for hit in hits if not roots and hit.root_key]
    return list(dict.fromkeys(roots))


def _is_landed(where: Scope, roots: list[tuple[int, str]]) -> bool:
    query = sql.SQL("select from {} where coupling_id = %(coupling)s and root_key = %(root)s and {} limit 1")
    return any(
        where.rows(
            query.format(where.landing(coupling_id, stream), sql.SQL("superseded_at is null")),
            coupling=coupling_id,
            root=root,
        )
        for coupling_id, root in roots
        for stream in where.streams(coupling_id)
    )


def _news(where: Scope, roots: list[tuple[int, str]]) -> list[News]:
    query = (
        "select n.created_at as since, p.outcome is distinct from 'succeeded' and p.id is not null as held_by_pull"
        " from platform.news n left join platform.pulls p on p.id = n.pull_id"
        " where n.object = %(object)s and n.coupling_id = %(coupling)s and n.root_key = %(root)s"
        " union all select null, false from platform.transform_batch b"
        " where b.object = %(object)s and b.coupling_id = %(coupling)s and b.root_key = %(root)s limit 5"
    )
    return [
        News(row["since"], row["held_by_pull"])
        for coupling_id, root in roots
        for row in where.rows(query, object=where.object, coupling=coupling_id, root=root)
    ]


def _problems(where: Scope, records: list[tuple[int, str]], roots: list[tuple[int, str]]) -> list[Problem]:
    """Return the quarantine of the records, open and past, and what is open of the same roots; both by index."""
    query = (
        "select *, true as own from platform.quarantine where coupling_id = %(coupling)s and object = any(%(objects)s)"
        " and remote_id = %(remote_id)s"
    )
    of_root = (
        "select *, false as own from platform.quarantine where coupling_id = %(coupling)s and root_key = %(root)s"
        " and object = any(%(tables)s) and resolved_at is null limit 50"
    )
    tables = list(TABLES[where.object])
    rows = [row for number, root in roots
            for row in where.rows(of_root, tables=tables, coupling=number, root=root)]  # fmt: skip
    # What could not be landed stands under the name of its stream.
    rows += [row for number, remote in records
             for row in where.rows(query, objects=[where.table, *where.streams(number)], coupling=number,
                                   remote_id=remote)]  # fmt: skip
    every = {row["id"]: row for row in rows}.values()
    return [
        Problem(
            where.couplings[row["coupling_id"]][0], row["object"], row["remote_id"], row["field"], row["reason"],
            row["severity"], row["waiting"], row["own"], row["first_seen_at"], row["last_seen_at"], row["attempts"],
            row["resolved_at"],
        )
        for row in sorted(every, key=lambda row: (row["resolved_at"] is not None, row["id"]))
    ]  # fmt: skip


def _changes(where: Scope, row: dict[str, Any]) -> list[Change]:
    query = (
        "select t.id, t.started_at, t.finished_at, coalesce(c.inserted, 0) as inserted,"
        " coalesce(c.updated, 0) as updated, coalesce(c.deleted, 0) as deleted"
        " from platform.transforms t left join platform.transform_counts c on c.transform_id = t.id"
        " and c.coupling_id = %(coupling)s and c.object = %(table)s where t.id = %(id)s"
    )
    writers = {"created": row["_created_by"], "changed last": row["_changed_by"]}
    if row["_changed_by"] == row["_created_by"]:
        del writers["changed last"]
    return [
        Change(what, told.pop("id"), **told)
        for what, number in writers.items()
        for told in where.rows(query, coupling=row["coupling_id"], table=where.table, id=number)
    ]


def _placed(where: Scope, key: str) -> list[str]:
    """Say how far an order of Optiply is that the remote has not confirmed."""
    if where.table != "buy_orders" or not (key.isascii() and key.isdigit() and len(key) < 19):
        return []
    found = where.rows(
        "select c.name, p.state, p.error_text, p.next_step from optiply.buy_orders o"
        " join platform.push_orders p on p.buy_order_id = o.id join platform.couplings c on c.id = o.coupling_id"
        " where o.webshop_id = %(webshop)s and o.optiply_id = %(number)s and o.remote_id is null",
        number=int(key),
    )
    return [
        f"Optiply placed this order for {row['name']}, and the remote has not confirmed it: {row['state']}."
        + (f" {row['error_text']} {row['next_step'] or ''}" if row["error_text"] else "")
        for row in found
    ]


def _nothing_known(where: Scope, key: str, unread: list[str]) -> list[str]:
    """Say which couplings of the webshop bring the object, and when they last pulled it."""
    query = (
        "select c.name, o.coupling_id is not null as owns, p.mode, p.started_at, p.outcome from platform.couplings c"
        " left join platform.ownership o on o.coupling_id = c.id and o.object = %(object)s"
        " left join lateral (select * from platform.pulls p where p.coupling_id = c.id and p.object = %(object)s"
        "  and p.mode <> 'webhook' and p.remote_ids is null"
        "  order by p.started_at desc limit 1) as p on true"
        " where c.id = any(%(couplings)s) and (o.coupling_id is not null or p.id is not null) order by c.name"
    )
    if placed := _placed(where, key):
        return placed
    told = [f"Nothing with the key '{key}' is among the {where.table} of {where.webshop}: not in Optiply, not mapped,"
            " not landed, not in quarantine."]  # fmt: skip
    for row in where.rows(query, object=where.object):
        last = (
            f"pulled last at {row['started_at']:%Y-%m-%d %H:%M} UTC (mode {row['mode']}, {row['outcome'] or 'open'})"
            if row["started_at"]
            else "never pulled"
        )
        told.append(f"{row['name']}: {last}{'' if row['owns'] else '; no owner of this object in webshop.yaml'}.")
    if unread:
        told.append(f"Not all documents were searched for it: {', '.join(unread)} would take too long. Name its id.")
    return told
