"""Ugly records: the recorded fixtures of a connector with new ids, and something wrong in every one of them."""

from __future__ import annotations

import dataclasses
import json
import random
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from include.engine.records import BadRecord, Record, RecordShape, reader, split
from include.spec.load import load_manifest
from tests.sync.ugly.shape import Shape
from tests.sync.ugly.shapes import SHAPES, records_of

CONNECTORS = Path(__file__).parents[3] / "connectors"
KINDS = sorted({name.rstrip("+*") for shape in SHAPES.values() for name in shape.names.values()})
GONE = object()
_BARE = re.compile(r'"@bare (.*?)@"')
_WEIRD = [
    None, GONE, GONE, "", "   ", "\t\n", "\u200b", "\u00a0", True, False, [], ["x"], [None], {}, {"a": 1}, 0, "0",
    "@bare 1e308@", "@bare -1e308@", 10**40, "9" * 40, "NaN", "Infinity", "-Infinity", "1e308", "1e99", 1e30, -5, "-5",
    -0.004,
    7.9, -3.6, "7.9", 12.345, 2.675, 0.005, "1,234.50", "1.234,50", "1e-05", "0x1F", "1_000", "\u0663\u0664",
    "\uff12\uff13", " 12 ", "+7", ".5",
    9999999.994, 9999999.995, 10000000, -9999999, 2**31, 2**63,
    "\u202eאבג", "😀👨‍👩‍👧", "e\u0301" * 5, "a\u0000b", "@bare \"\\ud800\"@", "@bare 1e400000@",
    "x" * 255, "x" * 256, "é" * 300, "two\r\nlines", "None", "null", "nan", "false",
    "blocked|name|x\nwaiting|stock_level|y", "'; drop table optiply.products; --", "{{ 1/0 }}", "%s %(x)s", "\\", "\"",
    "3000-01-01T00:00:00", "3000-01-01 00:00:00", "0000-00-00", "0000-00-00 00:00:00", "NaT", "2026-02-31",
    "2026-13-01T00:00:00", "2026-05-20T23:30:00.9+05:30", "2026-05-20 08:00:00", "2026-05-20", "1980-02-01",
    "infinity", "now",
    "9999-12-31T23:59:59.999Z", "12026-01-01", "/Date(99999999999999)/", "/Date(-1)/", "/Date(1e5)/",
    "/Date(1782439200000+0200)/", "Tue, 31 Feb 2026 00:00:00 +0000", "Tue, 20 Nov 2012 00:00:00 +0200",
]  # fmt: skip


@dataclasses.dataclass
class Stream:
    """The records of a stream as the engine reads them, what it refuses, and what each of them says."""

    connector: str
    name: str
    records: list[Record]
    bad: list[BadRecord]
    generated: int


class Ugly:
    """Makes the records of one connector from a seed."""

    def __init__(self, connector: str, seed: int, per_object: int) -> None:
        self._connector, self._shape = connector, SHAPES[connector]
        self._random = random.Random(f"{seed} {connector}")
        self._manifest = load_manifest(connector)
        self._sizes = {
            stream: records_of(connector, wanted, per_object) for stream, (wanted, _) in self._shape.streams.items()
        }
        self._long = "".join(self._random.choices(string.ascii_letters + " |,.;%\\\t\u20ac", k=9_000))
        self._fresh: dict[str, int] = {}
        self._keys: set[str | None] = set()

    def streams(self) -> Iterator[Stream]:
        """Yield every stream with its records."""
        for name, (_, parents) in self._shape.streams.items():
            described = self._manifest.streams[name]
            self._keys = {*described.key, described.root}
            body = (CONNECTORS / self._connector / "fixtures" / f"{name}.json").read_bytes()
            fixtures = [_fixture(name, bytes(raw), self._shape) for raw in split(body, described.records, name)]
            order = getattr(described.changed, "field", None)
            suffix = self._shape.suffix if described.is_keyed_by_each else ""
            read = reader(
                RecordShape(tuple(described.key), described.root, order, tuple(described.hash_without), suffix)
            )
            made = Stream(self._connector, name, [], [], self._sizes[name])
            raws = [msgspec.Raw(self._record(name, fixtures[n % len(fixtures)], n)) for n in range(made.generated)]
            calls = [([raw], self._id(parents, n)) for n, raw in enumerate(raws)] if parents else [(raws, None)]
            for asked, parent in calls:
                good, bad = read(asked, parent)
                made.records += good
                made.bad += bad
            yield made

    def _record(self, stream: str, fixture: _Fixture, number: int) -> bytes:
        record = json.loads(fixture.text)
        for path, ids in fixture.ids:
            node = _at(record, path[:-1])
            found = self._id(ids, number)
            node[path[-1]] = int(found) if isinstance(node[path[-1]], int) else found
        for name, values in self._shape.varied.items():
            if name.startswith(f"{stream}."):
                record[name.removeprefix(f"{stream}.")] = self._random.choice(values)
        for _ in range(self._random.choice((1, 1, 1, 2, 3))):
            self._spoil(record, fixture)
        text = json.dumps(record)
        return (_BARE.sub(_unquoted, text) if "@bare" in text else text).encode()

    def _id(self, ids: str, number: int) -> str:
        kind = ids.rstrip("+*")
        first = (1 + KINDS.index(kind)) * 10**6
        if ids.endswith("*"):
            self._fresh[kind] = self._fresh.get(kind, -1) + 1
            return str(first + self._fresh[kind])
        # Ids are taken from the first thousand, so that most of what a record names is there.
        return str(first + (number if ids.endswith("+") else self._random.randrange(1000)))

    def _spoil(self, record: dict[str, Any], fixture: _Fixture) -> None:
        path = self._random.choice(fixture.read if self._random.random() < 0.8 else fixture.all)
        if path[0] in self._keys and self._random.random() < 0.7:
            path = self._random.choice(fixture.read)
        node = _at(record, path[:-1])
        # An earlier mutation may have taken away what this one is about.
        if isinstance(node, dict) and path[-1] in node:
            value = self._value(node[path[-1]])
            if value is GONE:
                del node[path[-1]]
            else:
                node[path[-1]] = value

    def _value(self, old: Any) -> Any:
        chance = self._random.random()
        if chance < 0.1 and isinstance(old, str | int) and not isinstance(old, bool):
            return self._random.choice(
                (f"{old}.0", f"00{old}", f" {old} ", f"{old}\t", f"-{old}", str(old), f"{old}e0")
            )
        if chance < 0.11:
            return self._long[self._random.randrange(4_000) :]
        if chance < 0.1103:
            return "9" * 140_000
        return self._random.choice(_WEIRD)


Steps = tuple[str | int, ...]


@dataclasses.dataclass(frozen=True)
class _Fixture:
    """A recorded record, and where in it stand ids, what the mappings read, and everything."""

    text: str
    ids: list[tuple[Steps, str]]
    read: list[Steps]
    all: list[Steps]


def _fixture(stream: str, raw: bytes, shape: Shape) -> _Fixture:
    record = json.loads(raw)
    ids = []
    places = [*_places(record)]
    for path in places:
        value = _at(record, path)
        dotted = ".".join(step for step in path if isinstance(step, str))
        names = shape.names
        found = names.get(f"{stream}.{dotted}", names.get(f"{stream}.{path[-1]}", names.get(str(path[-1]))))
        if found and not isinstance(value, dict | list) and value not in (None, 0, "", False):
            ids.append((path, found))
    return _Fixture(raw.decode(), ids, [path for path in places if path[-1] in shape.read], places)


def _places(node: Any, above: Steps = ()) -> Iterator[Steps]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*above, key)
            yield from _places(value, (*above, key))
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from _places(item, (*above, number))


def _at(node: Any, path: Steps) -> Any:
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def _unquoted(found: re.Match[str]) -> str:
    return found.group(1).replace('\\"', '"').replace("\\\\", "\\")
