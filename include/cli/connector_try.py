"""`connector try|record`: pull a stream without a warehouse, and keep what the API answered."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

from include.cli.operate import credentials
from include.contract.errors import Misconfigured
from include.engine.slices import Ask
from include.kit import fixtures
from include.kit.checkout import Connector
from include.kit.fixtures import records_of
from include.kit.line import Line, coupling_of, to_coupling, to_sandbox
from include.kit.trial import Tried, attempt
from include.sandbox.remote import load_remote
from include.spec.problems import nearest

_WIDTH = 160


def add(four: Any) -> None:
    """Add the two commands."""
    trying = four.add_parser("try", help="pull a stream without a warehouse, from a live API or from the sandbox")
    _add_line(trying, limit=10)
    trying.set_defaults(run=_try)
    recording = four.add_parser("record", help="write a stream's fixture from a real answer, scrubbed")
    _add_line(recording, limit=3)
    recording.set_defaults(run=_record)


def _add_line(parser: Any, limit: int) -> None:
    parser.add_argument("name", help="the connector")
    parser.add_argument("stream", help="one of its streams; with record also 'all'")
    parser.add_argument("--mode", choices=["all", "changed", "single"], default="all")
    parser.add_argument("--since", type=datetime.fromisoformat, help="for mode changed; left out = the last day")
    parser.add_argument("--remote-id", help="for mode single")
    parser.add_argument("--limit", type=int, default=limit, help=f"stop after so many records (default {limit})")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--coupling", help="its settings, and the credentials in AIRFLOW_CONN_<its connection>")
    where.add_argument("--sandbox", action="store_true", help="against the sandbox, started for this command")


def _ask(chosen: argparse.Namespace) -> Ask:
    if chosen.mode == "single" and not chosen.remote_id:
        raise Misconfigured("mode single needs a remote id", next_step="Add --remote-id.")
    if chosen.mode == "changed":
        return Ask("changed", since=(chosen.since or datetime.now(UTC) - timedelta(days=1)).astimezone())
    return Ask(chosen.mode, remote_id=chosen.remote_id)


def _line(chosen: argparse.Namespace, *, hurried: bool = False) -> AbstractContextManager[Line]:
    """Open the line that the arguments name; `hurried`: a sandbox without limits and waits."""
    if chosen.sandbox:
        return to_sandbox(chosen.name, settings=load_remote(chosen.name).tested_with if hurried else None)
    config = coupling_of(chosen.coupling, chosen.name)
    return to_coupling(config, credentials(config.connection))


def _streams(chosen: argparse.Namespace, *, every: bool = False) -> list[str]:
    streams = Connector(chosen.name).manifest.streams
    if every and chosen.stream == "all":
        return list(streams)
    if chosen.stream not in streams:
        raise Misconfigured(
            f"{chosen.name} has no stream '{chosen.stream}'.{nearest(chosen.stream, streams)}",
            next_step="Call it with a stream of the manifest.",
        )
    return [chosen.stream]


def _try(chosen: argparse.Namespace) -> int:
    (name,) = _streams(chosen)
    with _line(chosen) as line:
        tried = attempt(line.trial, name, _ask(chosen), chosen.limit)
        _show_tried(chosen, tried, line)
    return int(bool(tried.bad))


def _show_tried(chosen: argparse.Namespace, tried: Tried, line: Line) -> None:
    print(f"{line.title}, {chosen.stream}, mode {chosen.mode}")
    for call in tried.calls:
        print(f"  {call.status}  {call.milliseconds:>6} ms  {call.size:>9,} bytes  {call.where}")
    for record in tried.records[: chosen.limit]:
        root = "" if record.root == record.key else f" of {record.root}"
        print(f"  {record.key}{root}: {_trimmed(record.raw)}")
    for bad in tried.bad:
        print(f"  BAD {bad.field}: {bad.reason}: {_trimmed(bad.raw)}")
    total = "" if tried.total is None else f" of {tried.total}"
    more = ", stopped at --limit" if tried.stopped else ""
    print(f"{len(tried.records)}{total} records and {len(tried.bad)} bad ones on {tried.pages} pages{more}:"
          f" {len(tried.calls)} requests, {tried.seconds:.2f} s")  # fmt: skip
    for budget, used in line.trial.limits.used().items():
        said = line.trial.limits.said.get(budget)
        print(f"budget {budget}: {used} used{f'; the remote says {said}' if said else ''}")


def _trimmed(raw: bytes) -> str:
    text = " ".join(raw.decode("utf-8", "replace").split())
    return text[:_WIDTH] + ("…" if len(text) > _WIDTH else "")


def _record(chosen: argparse.Namespace) -> int:
    connector = Connector(chosen.name)
    with _line(chosen, hurried=True) as line:
        for name in _streams(chosen, every=True):
            body = _answer(chosen, name, line)
            path, found = fixtures.write(connector, name, body, line.trial.credentials, chosen.limit)
            print(f"{connector.short(path)}: {sum(found.values())} values scrubbed")
            for field, count in sorted(found.items()):
                print(f"    {count:>4} {field}")
    return 0


def _answer(chosen: argparse.Namespace, name: str, line: Line) -> bytes:
    """Return an answer that holds records; of a report, its rows as a list."""
    stream = line.trial.manifest.streams[name]
    for another in (False, True):
        if another and not line.change():
            break
        tried = attempt(line.trial, name, _ask(chosen), 1)
        if stream.report is not None and tried.records:
            return b"[" + b",".join(record.raw for record in tried.records) + b"]"
        for call in tried.calls:
            if call.body and _has_records(stream, call.body):
                return call.body
    raise Misconfigured(f"{name} answered no record", next_step="Record it from an account that has one.")


def _has_records(stream: Any, body: bytes) -> bool:
    try:
        return bool(records_of(stream, body, ""))
    except Exception:  # An answer of another call, such as the parents' one: this is a search.
        return False
