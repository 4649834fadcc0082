"""Keep a world across restarts: FILE holds the records, FILE.session the tokens, counters and the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from include.sandbox.world import JSON, Row, World

# Numbers with a point come back as Decimal, so a saved price is served with the same digits.
_DECODE = msgspec.json.Decoder(float_hook=Decimal).decode


class Store:
    """Save a world's changes to `path`; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.session_path = path.with_name(path.name + ".session") if path else None

    def load(self, world: World) -> bool:
        """Fill the world from the files and return whether there were any."""
        if self.path is None or self.session_path is None or not self.path.exists():
            return False
        saved = _DECODE(self.path.read_bytes())
        world.facts = saved["facts"]
        for name, parts in saved["collections"].items():
            collection = world[name]
            for part, rows in ((parts["rows"], collection.rows), (parts["gone"], collection.gone)):
                rows.update((key, Row(key, data, datetime.fromisoformat(at), v)) for key, at, v, data in part)
        world.rise_to(saved["version"])
        if self.session_path.exists():
            session = _DECODE(self.session_path.read_bytes())
            world.session = session["session"]
            world.clock.offset = timedelta(seconds=float(session["clock_offset"]))
        world.changed = world.session_changed = False
        return True

    def save(self, world: World) -> None:
        """Write what changed since the last save; cheap when nothing did."""
        if self.path is None or self.session_path is None:
            return
        if world.changed:
            _write(self.path, _dump(world))
            world.changed = False
        if world.session_changed:
            session = {"session": world.session, "clock_offset": world.clock.offset.total_seconds()}
            _write(self.session_path, session)
            world.session_changed = False


def _dump(world: World) -> dict[str, Any]:
    collections = {
        name: {"rows": _rows(collection.rows), "gone": _rows(collection.gone)}
        for name, collection in world.collections.items()
    }
    return {"version": world.version, "facts": world.facts, "collections": collections}


def _rows(rows: dict[str, Row]) -> list[list[Any]]:
    return [[row.key, row.modified.isoformat(), row.version, row.data] for row in rows.values()]


def _write(path: Path, content: object) -> None:
    """Write to a neighbour first: a killed sandbox leaves the old file or the new one, never half of one."""
    neighbour = path.with_name(path.name + ".new")
    neighbour.write_bytes(JSON.encode(content))
    neighbour.replace(path)
