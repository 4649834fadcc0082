"""What a connector brings, in one line per object, and how many lines it took."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from include.kit.checkout import Connector
from include.spec.manifest import Manifest, Stream
from include.spec.objects import OBJECTS
from include.spec.since import ByDay, ByTime, ByVersion


@dataclasses.dataclass(frozen=True)
class Brought:
    """An object, how it can be pulled, and from which streams."""

    name: str
    modes: tuple[str, ...]
    streams: tuple[str, ...]
    reads: tuple[str, ...]


def brought(manifest: Manifest) -> list[Brought]:
    """Return the objects of a manifest in the model's order."""
    found = []
    for name in OBJECTS:
        if name in manifest.objects:
            made = manifest.objects[name]
            streams = [manifest.streams[stream] for stream in [*made.streams, *made.reads]]
            found.append(
                Brought(name, ("all", _since(streams), *_single(streams)), tuple(made.streams), tuple(made.reads))
            )
    return found


def _since(streams: Iterable[Stream]) -> str:
    """Say how changes are asked for: by the first stream that has a filter."""
    for stream in streams:
        how = stream.changed
        if isinstance(how, ByTime):
            created = "creat" in how.param.lower() or stream.reread
            return (
                "created since, open ones again"
                if created and stream.reread
                else ("created since" if created else "changed since")
            )
        if isinstance(how, ByVersion):
            return "changed since (version)"
        if isinstance(how, ByDay):
            return "changed since (day)"
    return "changed = read whole"


def _single(streams: Iterable[Stream]) -> tuple[str, ...]:
    kinds = [stream.single for stream in streams]
    if any(not isinstance(kind, str) for kind in kinds):
        return ("single",)
    return ("single = catch up",) if "changed" in kinds else ()


@dataclasses.dataclass(frozen=True)
class Lines:
    """Lines that are neither empty nor only a comment."""

    manifest: int
    model_yaml: int
    sql: int
    hooks: int
    sandbox: int

    def sentence(self) -> str:
        """Return them in words."""
        return (
            f"{self.manifest} lines YAML (manifest), {self.sql} SQL, {self.hooks} Python (hooks.py); "
            f"beside them {self.model_yaml} YAML of models and unit tests, {self.sandbox} Python of the sandbox"
        )


def lines(connector: Connector) -> Lines:
    """Count the lines of a connector."""
    models = connector.models()
    return Lines(
        manifest=_count([connector.manifest_file], "#"),
        model_yaml=_count([path for path in models if path.suffix == ".yml"], "#"),
        sql=_count([path for path in models if path.suffix == ".sql"], "--"),
        hooks=_count([connector.folder / "hooks.py"], "#"),
        sandbox=_count((connector.folder / "sandbox").glob("*.py"), "#"),
    )


def _count(paths: Iterable[Path], comment: str) -> int:
    texts = (path.read_text("utf-8") for path in paths if path.exists())
    return sum(
        bool(line.strip()) and not line.strip().startswith(comment) for text in texts for line in text.splitlines()
    )
