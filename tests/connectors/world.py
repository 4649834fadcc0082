"""Every connector with its sandbox and a coupling of its own, in one warehouse; nothing here knows any of them."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from include.engine import extract
from include.engine.slices import Ask
from include.kit.couplings import coupling_text, webshop_text
from include.kit.trial import Trial
from include.sandbox import Running, serve
from include.sandbox.remote import load_remote
from include.spec.load import CouplingConfig, connector_names, load_manifest
from include.spec.manifest import Manifest, Stream
from include.sync.approvals import approve
from include.sync.token_keeper import KeptTokens
from tests.sync.stage import Stage

WANTED = [name for name in os.environ.get("CONNECTORS", "").split(",") if name]
NAMES = [name for name in connector_names() if not WANTED or name in WANTED]
SIZE, ORDERS, PAGE = 130, 130, 20
"""More records than fit on a page of any remote whose page size cannot be chosen (100)."""
Read = dict[str, list[Any]]
"""Key -> what the remote answered for it; a record may be met on two pages while rows move."""


def write_couplings(folder: Path) -> None:
    """Write a webshop with one coupling for each connector."""
    for name in NAMES:
        place = folder / webshop_of(name)
        place.mkdir(parents=True)
        manifest, given = load_manifest(name), dict(load_remote(name).coupling_settings)
        (place / "webshop.yaml").write_text(webshop_text(webshop_of(name), manifest))
        (place / f"{name}.yaml").write_text(coupling_text(webshop_of(name), manifest, given))


def webshop_of(name: str) -> str:
    return f"every_{name}"


def coupling_of(name: str) -> str:
    return f"{webshop_of(name)}__{name}"


def in_small_pages(manifest: Manifest) -> Manifest:
    """Return the manifest without budgets, and with small pages wherever the remote takes a page size."""
    streams = {}
    for name, stream in manifest.streams.items():
        paging: Any = stream.paging
        if getattr(paging, "size_param", None) and (paging.size or PAGE) > PAGE:
            paging = paging.model_copy(update={"size": PAGE})
        streams[name] = stream.model_copy(update={"paging": paging})
    client = manifest.client.model_copy(update={"budgets": []})
    return manifest.model_copy(update={"streams": streams, "client": client})


@dataclasses.dataclass
class Place:
    """One connector: its sandbox, its coupling in the warehouse."""

    name: str
    running: Running
    stage: Stage

    @property
    def coupling(self) -> str:
        return coupling_of(self.name)

    @property
    def config(self) -> CouplingConfig:
        return self.stage.configs[self.coupling]

    @property
    def streams(self) -> Mapping[str, Stream]:
        """The streams that are pulled with these settings."""
        pulled = [name for made in self.config.manifest.objects.values() for name in made.streams]
        streams = self.config.manifest.streams
        return {name: streams[name] for name in pulled if extract.is_wanted(streams[name], self.config.settings)}

    @property
    def changes(self) -> dict[str, int]:
        """One of each change that this world knows."""
        return dict.fromkeys(self.running.remote.changes(), 1)

    def trial(self) -> Trial:
        """Return a line beside the warehouse; it shares the token, which a remote may give out but once."""
        platform, credentials = self.stage.platform, self.stage.opened[self.coupling]
        tokens = KeptTokens(platform.connect, platform.vault)
        return Trial(self.config.manifest, self.config.settings, credentials, None, lambda _: None, tokens)

    def serves(self) -> dict[str, Read]:
        """Return what the sandbox answers now to a reading of each stream; asserts that every record has its key."""
        trial = self.trial()
        try:
            return {name: self._read(trial, name) for name in self.streams}
        finally:
            trial.close()

    def _read(self, trial: Trial, name: str) -> Read:
        found: Read = {}
        for page in trial.pages(name, Ask("all")):
            assert not page.bad, f"{name}: {page.bad[0].field} {page.bad[0].reason}"
            for record in page.records:
                found.setdefault(record.key, []).append(plain(record.raw))
        return found

    def landed(self, name: str) -> tuple[dict[str, Any], set[str]]:
        """Return the current records of a stream by key, and the keys that are marked as gone."""
        coupling_id = self.stage.one("select id from platform.couplings where name = %s", self.coupling)
        rows = [row for row in self.stage.landed(self.name, name) if row["coupling_id"] == coupling_id]
        there = {row["record_key"]: plain(row["payload"]) for row in rows if not row["gone"]}
        return there, {row["record_key"] for row in rows if row["gone"]}

    def pull(self, mode: str) -> dict[str, Any]:
        """Pull every object; what a person is asked about he approves, and then the streams below can be settled."""
        done = {name: self.stage.pull(self.coupling, name, mode) for name in self.config.objects}
        while asked := [found for pulled in done.values() for found in pulled.asked]:
            for found in asked:
                assert approve(self.stage.platform.connect, found.id, "somebody").approval.deleted == found.missing
            again = {found.object for found in asked}
            done |= {name: self.stage.pull(self.coupling, name, mode) for name in again}
        return done

    def plain_stream(self) -> tuple[str, Stream]:
        """Return a stream that is one call after the other: no children, no report, nothing ordered."""
        return next(
            (name, stream)
            for name, stream in self.streams.items()
            if stream.parent is None and stream.report is None and stream.tombstones is None
        )


def marked(path: str) -> str:
    """Return the longest part of a path that stands in it as it is written: faults find their requests by it."""
    return max(re.split(r"\{[^}]*\}", path), key=len)


def plain(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


def opened(stage: Stage, folder: Path) -> Iterator[dict[str, Place]]:
    """Yield a place for each connector."""
    write_couplings(folder)
    problems = stage.configure(folder)
    assert not problems, "\n".join(map(str, problems))
    stage.configs = {
        name: dataclasses.replace(config, manifest=in_small_pages(config.manifest))
        for name, config in stage.configs.items()
    }
    with ExitStack() as stack:
        places = {}
        for name in NAMES:
            settings = load_remote(name).tested_with
            running = stack.enter_context(serve(name, seed=5, size=SIZE, orders=ORDERS, settings=settings))
            stage.coupled(coupling_of(name), running)
            places[name] = Place(name, running, stage)
        yield places
