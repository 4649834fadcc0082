"""The records that a sandbox serves: collections of rows with version, time of change and cached JSON."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec

from include.sandbox.clock import Clock

Record = dict[str, Any]
Render = Callable[[Record], bytes]
Deed = Literal["created", "changed", "amended", "removed"]

# Decimals are written as JSON numbers digit by digit, so no amount ever passes through a float.
JSON = msgspec.json.Encoder(decimal_format="number")
VIEWS_KEPT = 24


class Row:
    """One record as its API serves it, with what the API knows about its change."""

    __slots__ = ("_rendered", "data", "key", "modified", "version")

    def __init__(self, key: str, data: Record, modified: datetime, version: int) -> None:
        self.key, self.data, self.modified, self.version = key, data, modified, version
        self._rendered: tuple[Hashable, bytes] | None = None

    def written(self, how: Hashable = None, render: Render = JSON.encode) -> bytes:
        """Return the record's JSON by `render`; the last `how` is kept, because one pull asks always the same."""
        if self._rendered is None or self._rendered[0] != how:
            self._rendered = (how, render(self.data))
        return self._rendered[1]

    def forget(self) -> None:
        """Drop the cached JSON after a change of the data."""
        self._rendered = None


class Collection:
    """The rows of one kind by key, in order of creation, and those that were deleted."""

    def __init__(self, name: str, world: World) -> None:
        self.name, self._world = name, world
        self.rows: dict[str, Row] = {}
        self.gone: dict[str, Row] = {}
        self.revision = 0
        self._views: dict[Hashable, list[Row]] = {}

    def __getitem__(self, key: str) -> Row:
        return self.rows[key]

    def __contains__(self, key: str) -> bool:
        return key in self.rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows.values())

    def put(self, key: str, data: Record, modified: datetime | None = None) -> Row:
        """Add a record, changed at `modified` or now, with the next row version."""
        row = Row(key, data, modified or self._world.clock.now(), self._world.next_version())
        self.rows[key] = row
        self._touched("created", row)
        return row

    def change(self, key: str, **fields: Any) -> Row:
        """Change fields of a record as the remote's users do: the time of change and the row version move on."""
        row = self.rows[key]
        row.data.update(fields)
        row.forget()
        row.modified, row.version = self._world.clock.now(), self._world.next_version()
        self._touched("changed", row)
        return row

    def amend(self, key: str, **fields: Any) -> Row:
        """Change fields without a trace in time or version, as remotes do with values derived from elsewhere."""
        row = self.rows[key]
        differs = any(row.data.get(name) != value for name, value in fields.items())
        row.data.update(fields)
        row.forget()
        self._touched("amended" if differs else None, row)
        return row

    def remove(self, key: str) -> Row:
        """Delete a record; it stays readable in `gone`."""
        row = self.gone[key] = self.rows.pop(key)
        self._touched("removed", row)
        return row

    def view(
        self,
        name: Hashable,
        where: Callable[[Row], bool] | None,
        order: Callable[[Row], Any],
        *,
        descending: bool = False,
    ) -> list[Row]:
        """Return the rows that pass `where`, sorted; kept under `name` until the collection changes.

        `name` has to tell apart every different `where` and `order`: a pull of many pages sorts once.
        """
        if name not in self._views:
            if len(self._views) >= VIEWS_KEPT:
                self._views.clear()
            rows = [row for row in self.rows.values() if where is None or where(row)]
            self._views[name] = sorted(rows, key=order, reverse=descending)
        return self._views[name]

    def _touched(self, deed: Deed | None, row: Row) -> None:
        self.revision += 1
        self._views.clear()
        self._world.changed = True
        if deed is not None and self._world.watch is not None:
            self._world.watch(deed, self.name, row)


class World:
    """All records of one sandbox, and its session: small facts such as tokens, counters and the next id.

    `changed` and `session_changed` say what has to be saved. The session is saved apart, so that a token rotation
    costs one small file, whatever the size of the catalogue.
    """

    def __init__(self, clock: Clock, seed: int) -> None:
        self.clock, self.seed = clock, seed
        self.collections: dict[str, Collection] = {}
        self.facts: dict[str, Any] = {}
        self.session: dict[str, Any] = {}
        self.changed = False
        self.session_changed = False
        self.watch: Callable[[Deed, str, Row], None] | None = None
        self._version = 0

    def __getitem__(self, name: str) -> Collection:
        if name not in self.collections:
            self.collections[name] = Collection(name, self)
        return self.collections[name]

    @property
    def version(self) -> int:
        """The highest row version given out."""
        return self._version

    def next_version(self) -> int:
        """Return the next row version; it only ever rises."""
        self._version += 1
        return self._version

    def rise_to(self, version: int) -> None:
        """Go on counting after `version`."""
        self._version = max(self._version, version)

    def next_number(self, name: str, first: int = 1) -> int:
        """Return the next number of the counter `name`."""
        number = int(self.facts.get(name, first))
        self.facts[name] = number + 1
        self.changed = True
        return number
