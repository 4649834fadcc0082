"""What the shape of a manifest cannot say: names of streams, settings and headers that must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from include.spec.auth import Choice
from include.spec.call import Single
from include.spec.coupling_check import wrong_value
from include.spec.manifest import Manifest, Stream
from include.spec.marked_yaml import Marked, Path_
from include.spec.paging import Offset, PageNumber
from include.spec.problems import Problem, nearest
from include.spec.push_check import check_push, check_when
from include.spec.since import ByTime, ByVersion
from include.spec.stock_update import check_stock_update
from include.spec.webhooks_check import check_webhooks

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
    _check_auth(manifest, add)
    _check_streams(manifest, add)
    _check_pulled_once(manifest, add)
    check_webhooks(manifest, add)
    if manifest.push is not None:
        check_push(manifest.push, manifest.settings, add)
    if manifest.stock_update is not None:
        check_stock_update(manifest.stock_update, manifest.settings, add)
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
        path = ("streams", name)
        if stream.root == "parent" and stream.parent is None:
            add((*path, "root"), "'parent' needs a parent stream")
        if stream.parent and stream.parent.stream == name:
            add((*path, "parent", "stream"), "a stream cannot be its own parent")
        if stream.parent and stream.parent.batch and stream.root == "parent":
            add((*path, "root"), "'parent' cannot be told where several parents are asked for at once")
        if stream.body is not None and stream.method != "POST":
            add((*path, "body"), "needs method: POST")
        if stream.parent and stream.parent.only == "news" and stream.deletions == "snapshot":
            add(
                (*path, "deletions"), "cannot be told from a snapshot where only new parents are asked for (only: news)"
            )
        if stream.reread and not isinstance(stream.single, Single):
            add((*path, "reread"), "needs a call for a single record")
        _check_paging(path, stream, add)
        _check_settings_named(path, stream, manifest, add)


def _check_paging(path: Path_, stream: Stream, add: Add) -> None:
    paging = stream.paging
    if isinstance(paging, PageNumber) and paging.end == "header" and paging.pages_header is None:
        add((*path, "paging", "end"), "'header' needs pages_header")
    if isinstance(paging, PageNumber | Offset) and paging.end == "total" and not (paging.total or paging.total_header):
        add((*path, "paging", "end"), "'total' needs total or total_header")
    if isinstance(paging, Offset) and paging.overlap and (paging.end == "empty" or paging.size == 1):
        add((*path, "paging", "overlap"), "must be 0 where the end is an empty page, or a page has one record")
    windows = stream.changed.windows if isinstance(stream.changed, ByTime) else None
    if windows and windows.most and not getattr(paging, "total", None):
        add((*path, "changed", "windows", "most"), "needs the paging's total")


def _check_settings_named(path: Path_, stream: Stream, manifest: Manifest, add: Add) -> None:
    check_when((*path, "when"), stream.when, manifest.settings, add)
    each = stream.each
    if each is None:
        return
    if (each.setting is None) == (each.calls is None):
        add((*path, "each"), "needs either setting or calls")
    elif each.setting is not None and getattr(manifest.settings.get(each.setting), "type", None) != "list":
        lists = [key for key, setting in manifest.settings.items() if setting.type == "list"]
        add((*path, "each", "setting"), f"'{each.setting}' is no setting that is a list.{nearest(each.setting, lists)}")
    if isinstance(stream.changed, ByVersion):
        add((*path, "each"), "cannot be used where changes are asked for by version: each call has its own")


def _check_auth(manifest: Manifest, add: Add) -> None:
    auth = manifest.client.auth
    if isinstance(auth, Choice):
        setting = manifest.settings.get(auth.setting)
        if setting is None or sorted(setting.choices or []) != sorted(auth.ways):
            message = f"'{auth.setting}' must be a setting whose choices are {', '.join(sorted(auth.ways))}"
            add(("client", "auth", "setting"), message)


def _check_pulled_once(manifest: Manifest, add: Add) -> None:
    pulled: dict[str, str] = {}
    for name, made in manifest.objects.items():
        if not made.streams and not made.reads:
            add(("objects", name, "streams"), "needs at least 1 stream, here or under reads")
        for place, stream in enumerate(made.streams):
            if stream in pulled:
                message = f"'{stream}' is already pulled with {pulled[stream]}: name it under reads"
                add(("objects", name, "streams", place), message)
            pulled[stream] = name
