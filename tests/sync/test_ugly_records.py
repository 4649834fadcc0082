"""Ugly records: ten thousand of each object, every one of them mapped by the rules or in quarantine, none lost.

`UGLY_SEED` makes the same records again (a failure names it), `UGLY_PER_OBJECT` makes more or fewer.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from psycopg import sql

from include.kit.couplings import coupling_text, webshop_text
from include.sandbox.remote import load_remote
from include.spec.load import load_manifest
from include.warehouse.landing import Place, land
from include.warehouse.quarantine import Unlandable, set_aside
from tests.sync.stage import OPTIPLY, Stage
from tests.sync.ugly.expected import EXPECTED
from tests.sync.ugly.generate import Stream, Ugly
from tests.sync.ugly.judge import Held, Judge
from tests.sync.ugly.shapes import PER_OBJECT, SHAPES

SEED = int(os.environ.get("UGLY_SEED", "1"))
COUNT = int(os.environ.get("UGLY_PER_OBJECT", PER_OBJECT))
PAGE = 1000

pytestmark = [pytest.mark.timeout(600), pytest.mark.rule("B20"), pytest.mark.requirement("R16", "R17")]


def webshop_of(connector: str) -> str:
    """bol.com brings no products: it sells those of WooCommerce's webshop."""
    return "ugly_woocommerce" if connector == "bol_com" else f"ugly_{connector}"


def coupling_of(connector: str) -> str:
    return f"{webshop_of(connector)}__{connector}"


def write_couplings(folder: Path) -> None:
    """Write a webshop for each connector, with the settings that its coupling needs."""
    for name in SHAPES:
        manifest, given = load_manifest(name), dict(load_remote(name).coupling_settings)
        place = folder / webshop_of(name)
        place.mkdir(exist_ok=True)
        (place / f"{name}.yaml").write_text(coupling_text(webshop_of(name), manifest, given))
        if name != "bol_com":
            text = webshop_text(webshop_of(name), manifest)
            if name == "woocommerce":
                text = text.replace("sell_orders: woocommerce", "sell_orders: [woocommerce, bol_com]")
            (place / "webshop.yaml").write_text(text)


def land_stream(stage: Stage, stream: Stream) -> None:
    described = load_manifest(stream.connector)
    ids = stage.row("select id, webshop_id from platform.couplings where name = %s", coupling_of(stream.connector))
    feeds, rooted = tuple(described.feeds(stream.name)), described.streams[stream.name].root is not None
    place = Place(ids["webshop_id"], ids["id"], stream.connector, stream.name, feeds, 0, rooted)
    with stage.platform.connect() as connection, connection.transaction():
        for start in range(0, len(stream.records), PAGE):
            land(connection, place, stream.records[start : start + PAGE])
        bad = [Unlandable(None, one.field, one.reason, one.raw.decode("utf-8", "replace")) for one in stream.bad]
        set_aside(connection, place.webshop_id, place.coupling_id, stream.name, bad)
        connection.execute(
            "insert into platform.cursors (coupling_id, stream) values (%s, %s)", [place.coupling_id, stream.name]
        )


def judged(stage: Stage, connector: str) -> Judge:
    ids = stage.row("select id from platform.couplings where name = %s", coupling_of(connector))["id"]
    docs = {}
    for stream in SHAPES[connector].streams:
        table = sql.Identifier("staging", f"{connector}__{stream}")
        query = sql.SQL("select record_key, root_key, payload::text as doc from {} where superseded_at is null")
        docs[stream] = {
            row["record_key"]: (json.loads(row["doc"], parse_float=Decimal, parse_int=Decimal), row["root_key"])
            for row in stage.rows(query.format(table))
        }
    stored = {}
    for name in OPTIPLY:
        query = sql.SQL("select * from optiply.{} where coupling_id = %s and deleted_at is null")
        stored[name] = {row["remote_id"]: row for row in stage.rows(query.format(sql.Identifier(name)), ids)}
    problems = defaultdict(list)
    for row in stage.rows(
        "select object, remote_id, field, reason, severity = 'blocked' as blocks from platform.quarantine"
        " where coupling_id = %s and resolved_at is null and root_key is not null",
        ids,
    ):
        problems[row["object"], row["remote_id"]].append(Held(row["field"], row["reason"], row["blocks"]))
    judge = Judge(stored, problems, list(EXPECTED[connector](docs)))
    judge.judge()
    return judge


@pytest.fixture(scope="module")
def landed(module_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> tuple[Stage, list[Stream]]:
    """The warehouse with every ugly record landed and mapped once."""
    folder = tmp_path_factory.mktemp("ugly")
    write_couplings(folder)
    assert module_stage.configure(folder) == []
    streams = []
    for name in SHAPES:
        for stream in Ugly(name, SEED, COUNT).streams():
            land_stream(module_stage, stream)
            streams.append(stream)
    print(f"UGLY_SEED={SEED}")
    module_stage.transform()
    return module_stage, streams


def test_every_record_is_landed_or_in_quarantine(landed: tuple[Stage, list[Stream]]) -> None:
    stage, streams = landed
    for stream in streams:
        assert stream.generated == len(stream.records) + len(stream.bad)
        coupling = coupling_of(stream.connector)
        there = {row["record_key"] for row in stage.landed(stream.connector, stream.name)}
        refused = [
            row["remote_id"]
            for row in stage.problems(coupling)
            if row["object"] == stream.name and row["root_key"] is None
        ]
        unreadable = {record.raw.decode("utf-8", "replace").replace("\x00", "") for record in stream.bad}
        keys = {record.key for record in stream.records}
        assert keys <= there | set(refused), f"{stream.connector} {stream.name}: lost while landing, UGLY_SEED={SEED}"
        assert len([one for one in refused if one.startswith("unknown-")]) == len(unreadable)


@pytest.mark.parametrize("connector", SHAPES)
def test_every_record_is_mapped_by_the_rules_or_held_with_a_reason(
    landed: tuple[Stage, list[Stream]], connector: str
) -> None:
    judge = judged(landed[0], connector)
    words = "\n".join(judge.faults[:20])
    assert not judge.faults, f"{len(judge.faults)} of {len(judge.rows)} rows, UGLY_SEED={SEED}:\n{words}"
    outcomes = Counter(outcome for (_, outcome), count in judge.counts.items() for _ in range(count))
    assert sum(outcomes.values()) == judge.distinct, "each row has one outcome"
    assert min(outcomes["stored"], outcomes["held"]) > judge.distinct / 50, f"the records prove little: {outcomes}"


def test_a_second_run_finds_the_same_and_writes_nothing(landed: tuple[Stage, list[Stream]]) -> None:
    """Everything that waits is tried again, and all products as well."""
    stage, _ = landed
    before, written = open_problems(stage), stage.written()
    stage.connection.execute(
        "insert into platform.news (webshop_id, coupling_id, object, root_key)"
        " select distinct webshop_id, coupling_id, 'products', root_key from mapping.int_products__unioned"
    )
    stage.transform()
    again = stage.written()
    assert open_problems(stage) == before
    assert {name: again[name] for name in ("products", "suppliers")} == {
        name: written[name] for name in ("products", "suppliers")
    }


def open_problems(stage: Stage) -> set[tuple[str, ...]]:
    """The open problems of products, suppliers and sell orders, whose ids belong to one record each."""
    rows = stage.rows(
        "select coupling_id, object, remote_id, field, reason, severity from platform.quarantine as known"
        " where resolved_at is null and object in ('products', 'suppliers', 'sell_orders') and not exists"
        " (select from platform.quarantine as twice where twice.coupling_id = known.coupling_id"
        "  and twice.object = known.object and twice.remote_id = known.remote_id"
        "  and twice.reason like 'more than one record%%')"
    )
    return {tuple(map(str, row.values())) for row in rows}
