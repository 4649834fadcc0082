"""What the shape of a manifest cannot say: names of streams, settings and headers that must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from include.spec.coupling_check import wrong_value
from include.spec.manifest import Manifest
from include.spec.marked_yaml import Marked, Path_
from include.spec.paging import PageNumber
from include.spec.problems import Problem, nearest

Add = Callable[[Path_, str], None]


def check_manifest(manifest: Manifest, marked: Marked, expected: str) -> list[Problem]:
    """Return everything wrong with the manifest beyond its shape."""
    problems: list[Problem] = []

    def add(path: Path_, message: str) -> None:
        problem = Problem(marked.file, marked.line(path), ".".join(map(str, path)), message)
        problems.append(problem)

    if manifest.connector != expected:
        add(("connector",), f"must be '{expected}', the name of its folder")
    for key, setting in manifest.settings.items():
        message = None if setting.default is None else wrong_value(setting.default, setting)
        if message:
            add(("settings", key, "default"), message)
    for path, other in _named_streams(manifest):
        if other not in manifest.streams:
            add(path, f"there is no stream '{other}'.{nearest(other, manifest.streams)}")
    _check_streams(manifest, add)
    _check_pulled_once(manifest, add)
    return problems


def _named_streams(manifest: Manifest) -> Iterator[tuple[Path_, str]]:
    for name, stream in manifest.streams.items():
        if stream.parent:
            yield ("streams", name, "parent", "stream"), stream.parent.stream
        if stream.tombstones:
            for kind, other in stream.tombstones.streams.items():
                yield ("streams", name, "tombstones", "streams", kind), other
    for object_name, made in manifest.objects.items():
        for place, other in enumerate(made.streams):
            yield ("objects", object_name, "streams", place), other
        for place, other in enumerate(made.reads):
            yield ("objects", object_name, "reads", place), other


def _check_streams(manifest: Manifest, add: Add) -> None:
    for name, stream in manifest.streams.items():
        if stream.root == "parent" and stream.parent is None:
            add(("streams", name, "root"), "'parent' needs a parent stream")
        if stream.parent and stream.parent.stream == name:
            add(("streams", name, "parent", "stream"), "a stream cannot be its own parent")
        paging = stream.paging
        if isinstance(paging, PageNumber) and paging.end == "header" and paging.pages_header is None:
            add(("streams", name, "paging", "end"), "'header' needs pages_header")


def _check_pulled_once(manifest: Manifest, add: Add) -> None:
    pulled: dict[str, str] = {}
    for name, made in manifest.objects.items():
        for place, stream in enumerate(made.streams):
            if stream in pulled:
                message = f"'{stream}' is already pulled with {pulled[stream]}: name it under reads"
                add(("objects", name, "streams", place), message)
            pulled[stream] = name
