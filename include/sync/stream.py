"""One stream of a pull: pages in, checkpoint by checkpoint, and what follows from having seen them all."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from include.engine import extract
from include.engine.ahead import Ahead
from include.engine.client import Client
from include.engine.ports import ParentKey, Parents
from include.engine.records import BadRecord, Record
from include.engine.slices import Ask
from include.spec.call import Tombstones
from include.spec.load import CouplingConfig
from include.warehouse import pulls, snapshot
from include.warehouse.connection import Connect, warehouse_faults
from include.warehouse.landing import Place, land
from include.warehouse.parents import parents
from include.warehouse.pulls import Passed, Wish
from include.warehouse.quarantine import Unlandable, resolve_unseen, set_aside
from include.warehouse.registry import CouplingId
from include.warehouse.snapshot import Guard

log = logging.getLogger(__name__)
# Each turn takes as long as one call: a record that is landed by others in all three of them is left to those.
_TURNS = 3


def place_of(config: CouplingConfig, ids: CouplingId, pull_id: int, name: str) -> Place:
    """Return where the records of a stream land."""
    manifest = config.manifest
    return Place(
        webshop_id=ids.webshop_id,
        coupling_id=ids.coupling_id,
        connector=manifest.connector,
        stream=name,
        objects=tuple(manifest.feeds(name)),
        pull_id=pull_id,
        rooted=manifest.streams[name].root is not None,
    )


class StreamRun:
    """Pulls one stream on the pull's own connection; calling `run` again after a failure resumes."""

    def __init__(
        self,
        connect: Connect,
        connection: psycopg.Connection,
        client: Client,
        config: CouplingConfig,
        wish: Wish,
        ids: CouplingId,
        pull_id: int,
        name: str,
    ) -> None:
        self._connect, self._connection, self._client, self._config = connect, connection, client, config
        self._ids, self._pull_id, self._name = ids, pull_id, name
        self._stream = config.manifest.streams[name]
        self._place = place_of(config, ids, pull_id, name)
        cursor = pulls.cursor(connection, ids.coupling_id, name)
        self._ask = Ask(wish.mode, cursor, wish.since, wish.remote_id, wish.remote_ids)
        self._can_look_up = extract.can_look_up(self._stream)
        self._overtaken: list[str] = []
        self.absent: list[str] = []
        """Records that were asked for by id, and that the remote does not have or has in its bin."""
        self.is_settled = True
        """False where another pull landed a record meanwhile and nobody can say whose is newer: to be asked anew."""
        is_parent = any(other.parent and other.parent.stream == name for other in config.manifest.streams.values())
        self._rereads = bool(self._stream.reread) and self._ask.of(self._stream).mode == "changed"
        self._whole = extract.is_whole(self._stream, self._ask)
        settings = config.settings
        self._limit = Guard(settings["deletions.guard_share"], settings["deletions.guard_least"])
        self._parent = self._stream.parent.stream if self._stream.parent else None
        self._keeps_keys = is_parent or self._rereads or (self._whole and self._stream.deletions == "snapshot")

    def run(self) -> None:
        """Pull from the checkpoint to the end. Raises an error of the tree."""
        with warehouse_faults("reading a checkpoint"):
            state = pulls.state(self._connection, self._pull_id, self._name)
        if state.position == extract.END or not self._is_asked():
            return
        cursor, done = state.cursor_next, state.pages
        ahead = Ahead(
            extract.pages(self._client, self._stream, self._ask, state.position, self._parents()),
            weight=lambda page: len(page.records) + 1,
        )
        try:
            for pages in ahead:
                for page in pages:
                    cursor = extract.further(self._stream, cursor, page.cursor)
                done += len(pages)
                with warehouse_faults(f"landing page {done} of {self._name}"), self._connection.transaction():
                    self._land(pages, done, cursor)
                log.info("%s: %d pages landed, %s records expected", self._name, done, pages[-1].total or "unknown")
        finally:
            ahead.close()
        done = self._ask_overtaken(done)
        if self._rereads:
            unseen = parents(self._connect, self._place, self._stream.reread, "unseen")
            done = self._ask_one_by_one(unseen(None), done)
        if self._whole and self._stream.deletions == "snapshot" and extract.can_look_up(self._stream):
            # What would be marked as gone counts as seen where the remote still answers to its key.
            doubtful = snapshot.doubtful(self._connection, self._place, self._parent, self._limit)
            self._ask_one_by_one(doubtful, done)
        with warehouse_faults(f"settling {self._name}"), self._connection.transaction():
            self._settle(cursor)

    def _is_asked(self) -> bool:
        return extract.is_asked(self._stream, self._ask) and extract.is_wanted(self._stream, self._config.settings)

    def _ask_one_by_one(self, keys: Iterable[str], done: int) -> int:
        """Ask for each record by its key and land what is there; return the number of the last page."""
        for key in keys:
            asked = time.monotonic()
            records = extract.look_up(self._client, self._stream, key)
            if records:
                done += 1
                with warehouse_faults(f"landing {self._name} {key}"), self._connection.transaction():
                    counts, found = land(self._connection, self._place, records, time.monotonic() - asked)
                    pulls.saw(self._connection, self._pull_id, self._name, counts, done, found)
                self._overtaken += counts.overtaken
        return done

    def _ask_overtaken(self, done: int) -> int:
        """Ask anew for records that another pull landed while their page was on its way."""
        for _ in range(_TURNS if self._can_look_up else 0):
            keys, self._overtaken = self._overtaken, []
            done = self._ask_one_by_one(keys, done)
        self.is_settled = not self._overtaken
        return done

    def _land(self, pages: list[extract.Page], done: int, cursor: Any) -> None:
        """Land pages and move the checkpoint past them, in one transaction."""
        records = [record for page in pages for record in page.records]
        bad = [record for page in pages for record in page.bad]
        age = time.monotonic() - min(page.asked for page in pages)
        counts, keys = land(self._connection, self._place, records, age)
        self._overtaken += counts.overtaken
        self.absent += [key for page in pages for key in page.absent]
        if bad:
            self._set_aside(bad)
        if self._stream.tombstones is not None:
            self._bury(self._stream.tombstones, records)
        counts = dataclasses.replace(
            counts, records=counts.records + len(bad), quarantined=counts.quarantined + len(bad)
        )
        passed = Passed(
            last_page=done,
            pages=len(pages),
            position=pages[-1].position,
            cursor=cursor,
            first_expected=pages[0].total,
            expected=pages[-1].total,
            keys=keys if self._keeps_keys else None,
        )
        pulls.checkpoint(self._connection, self._pull_id, self._name, counts, passed)

    def _settle(self, cursor: Any) -> None:
        ids = self._ids
        if self._whole and self._stream.deletions == "snapshot":
            settled = snapshot.settle(self._connection, self._place, self._parent, self._limit)
            if settled.guard:
                log.warning(
                    "%s: %s deleted, because %s", self._name, "not all" if settled.gone else "nothing", settled.guard
                )
        if self._whole:
            started = self._connection.execute("select started_at from platform.pulls where id = %s", [self._pull_id])
            resolve_unseen(self._connection, ids.coupling_id, self._name, started.fetchone()[0])  # type: ignore[index]
        if self._ask.of(self._stream).mode != "single":
            pulls.move_cursor(self._connection, ids.coupling_id, self._name, cursor)
        self._connection.execute(
            "update platform.pull_streams set position = %s, updated_at = now() where pull_id = %s and stream = %s",
            [Jsonb(extract.END), self._pull_id, self._name],
        )

    def _parents(self) -> Parents | None:
        parent = self._stream.parent
        if parent is None or not extract.wants_parents(self._stream, self._ask):
            return None
        which = "all" if self._ask.mode == "all" else "seen"
        if parent.only == "news" and self._ask.mode != "single":
            which = "news"
        keys = parents(
            self._connect, place_of(self._config, self._ids, self._pull_id, parent.stream), parent.wanted(), which
        )
        in_each = self._config.manifest.streams[parent.stream].is_keyed_by_each

        def found(after: str | None) -> Iterator[ParentKey]:
            return (ParentKey(key, in_each) for key in keys(after))

        return found

    def _set_aside(self, bad: list[BadRecord]) -> None:
        records = [
            Unlandable(None, record.field, record.reason, record.raw.decode("utf-8", "replace")) for record in bad
        ]
        set_aside(self._connection, self._ids.webshop_id, self._ids.coupling_id, self._name, records)

    def _bury(self, tombstones: Tombstones, records: list[Record]) -> None:
        graves: dict[str, list[str]] = {}
        for record in records:
            fields = msgspec.json.decode(record.raw)
            stream = tombstones.streams.get(str(fields.get(tombstones.kind)))
            if stream is not None and fields.get(tombstones.key) is not None:
                graves.setdefault(stream, []).append(str(fields[tombstones.key]))

        def bury(stream: str, keys: list[str]) -> int:
            return snapshot.bury(self._connection, place_of(self._config, self._ids, self._pull_id, stream), keys)

        gone = sum(bury(stream, keys) for stream, keys in graves.items())
        if gone:
            self._connection.execute(
                "update platform.pull_streams set gone = gone + %s where pull_id = %s and stream = %s",
                [gone, self._pull_id, self._name],
            )
