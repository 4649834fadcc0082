"""An explanation as support reads it: the answer first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from include.warehouse.explain import Explanation
from include.warehouse.explain_mapped import Field, Source
from include.warehouse.explain_raw import Document
from include.warehouse.explain_why import Problem

_WIDTH = 60
_MOMENT = "%Y-%m-%d %H:%M:%S"


def lines(found: Explanation) -> Iterator[str]:
    """Return the lines to print."""
    if found.remote_id is None:
        yield from _hits(found)
        return
    yield f"{found.table} of {found.coupling}, remote id {found.remote_id}"
    yield from (f"  {answer}" for answer in found.answers)
    if found.row is not None:
        yield from _row(found)
    if found.sources:
        yield from ("", "Fields: what is stored, what the mapping of each coupling says")
        for field in found.fields:
            yield from _field(field, several=len(found.sources) > 1)
        for source in found.sources:
            yield from _source(source, {field.name for field in found.fields})
    yield from ("", "Quarantine" if found.problems else "Quarantine: nothing, now or before")
    for problem in found.problems:
        yield from _problem(problem, found.table)
    if found.changes:
        yield from ("", "Written by")
        for change in found.changes:
            counts = f"inserted {change.inserted}, updated {change.updated}, deleted {change.deleted} {found.table}"
            yield f"  {change.what} by transform {change.transform_id}, {_shown(change.started_at)} UTC, which {counts}"
    yield from ("", "Raw documents" if found.documents else "Raw documents: none")
    for document in found.documents:
        yield from _document(document)


def _hits(found: Explanation) -> Iterator[str]:
    yield from found.answers
    if found.hits:
        yield f"'{found.key}' means several {found.table} of {found.webshop}. Name a remote id, or --coupling:"
    for hit in found.hits:
        yield f"  {hit.coupling:<28} {hit.remote_id}  ({hit.by}; {hit.place})"


def _row(found: Explanation) -> Iterator[str]:
    assert found.row is not None, "asked for a row that is there"
    told = {name: found.row[name] for name in ("id", "optiply_id", "created_at", "updated_at", "deleted_at")}
    yield "  " + ", ".join(f"{name} {_shown(value)}" for name, value in told.items() if value is not None)


def _field(field: Field, *, several: bool) -> Iterator[str]:
    who = f"{field.winner}: " if several and field.winner and field.why else ""
    why = f"  ({who}{field.why})" if field.why else ""
    if several and len(field.said) > 1:
        said = ", ".join(f"{name} {_shown(value)}" for name, value in field.said.items())
    else:
        said = next((_shown(value) for value in field.said.values() if value != field.stored), "")
    mapped = f"  | mapped: {said}" if said else ""
    if field.stored is not None or said or why:
        yield f"  {field.name:<26} {_shown(field.stored)}{mapped}{why}"


def _source(source: Source, fields: set[str]) -> Iterator[str]:
    yield ""
    owner = f"place {source.owns}" if source.owns is not None else "no owner"
    yield f"Mapped by {source.coupling}, record {source.remote_id}, root {source.root_key} ({owner} in webshop.yaml)"
    others = {name: value for name, value in source.mapped.items() if name not in fields and value is not None}
    yield "  " + ", ".join(f"{name} {_shown(value)}" for name, value in others.items())
    for problem in source.problems:
        yield f"  problem: {problem.replace('|', ', ')}"


def _problem(problem: Problem, table: str) -> Iterator[str]:
    state = "open" if problem.resolved_at is None else f"solved {_shown(problem.resolved_at)}"
    which = f"{problem.object} {problem.remote_id}: " if problem.object != table else ""
    again = ", tried again by each transform" if problem.waiting and problem.resolved_at is None else ""
    yield f"  {state}: {which}{problem.severity}, {problem.field}: {problem.reason}{again}"
    yield (f"      {problem.coupling}, first seen {_shown(problem.first_seen_at)}, last {_shown(problem.last_seen_at)},"
           f" {problem.attempts} times")  # fmt: skip


def _document(document: Document) -> Iterator[str]:
    kept = "1 version" if document.kept == 1 else f"{document.kept} versions"
    yield f"  {document.coupling} {document.stream}, key {document.record_key}, {kept} kept"
    for version in document.versions:
        end = "current" if version.superseded_at is None else f"until {_shown(version.superseded_at)}"
        gone = f", gone since {_shown(version.gone_at)}" if version.gone_at else ""
        pull = f", {version.pull}" if version.pull else ""
        yield f"      landed {_shown(version.landed_at)}, {end}{gone}{pull}, {version.size} characters"
    if document.payload is not None:
        yield f"      {document.payload}"
    if document.withheld is not None:
        yield f"      [{document.withheld}]"


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    text = value.strftime(_MOMENT) if isinstance(value, datetime) else str(value)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
