"""A pull without change writes nothing: no payload row in staging, no news, no row in the Optiply tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from include.sandbox import Running, serve
from include.sync.replay import replay
from tests.sync.stage import Stage

LIMITS = {
    "woocommerce": {},
    "exact_online": {"per_minute": 10**6, "per_day": 10**6},
    "bol_com": {"orders_per_minute": 10**6, "order_per_second": 10**6},
}
COUPLINGS = {
    "velodrome__woocommerce": "woocommerce",
    "bralex__exact_online": "exact_online",
    "bralex__bol_com": "bol_com",
}


@pytest.fixture(scope="module")
def full(module_stage: Stage) -> Iterator[tuple[Stage, dict[str, Running]]]:
    """A warehouse into which three systems were pulled and mapped once."""
    with ExitStack() as stack:
        remotes = {}
        for coupling, connector in COUPLINGS.items():
            orders = 40 if connector == "bol_com" else 120
            sandbox = serve(connector, seed=2, size=150, orders=orders, settings=LIMITS[connector])
            remotes[coupling] = stack.enter_context(sandbox)
            module_stage.coupled(coupling, remotes[coupling])
        module_stage.pull_every("all")
        module_stage.transform()
        yield module_stage, remotes


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("coupling", COUPLINGS)
@pytest.mark.parametrize("mode", ["all", "changed"])
def test_a_pull_without_change_writes_nothing(full: tuple[Stage, dict[str, Running]], coupling: str, mode: str) -> None:
    stage, _ = full
    payloads, rows, writes = stage.payload_rows(), stage.written(), stage.writes()
    versions = {name: stage.landed(*name) for name in _streams(stage, coupling)}
    pulled = stage.pull_every(mode, coupling)
    assert {(p.new, p.changed, p.gone, p.quarantined) for p in pulled.values()} == {(0, 0, 0, 0)}
    assert sum(p.records for p in pulled.values()) > 0 or mode == "changed"
    assert not any(p.has_news for p in pulled.values())
    assert stage.payload_rows() == payloads
    assert {name: stage.landed(*name) for name in versions} == versions
    assert stage.one("select count(*) from platform.news") == 0
    assert stage.transform().roots == 0
    assert stage.written() == rows
    assert stage.writes() == writes


@pytest.mark.requirement("F4", "R16")
def test_mapping_everything_again_from_raw_writes_nothing(full: tuple[Stage, dict[str, Running]]) -> None:
    stage, remotes = full
    for running in remotes.values():
        running.admin.forget_requests()
    rows, writes = stage.written(), stage.writes()
    with stage.platform.connect() as connection:
        roots = [replay(connection, name, stage.configs[name].manifest) for name in COUPLINGS]
    assert all(sum(of_object.values()) for of_object in roots)
    done = stage.transform()
    assert done.roots > 500
    assert sum(change.inserted + change.updated + change.deleted for change in done.changes) == 0
    assert stage.written() == rows
    assert stage.writes() == writes
    assert [running.admin.requests() for running in remotes.values()] == [[], [], []]


@pytest.mark.requirement("R19")
def test_one_change_writes_one_row(full: tuple[Stage, dict[str, Running]]) -> None:
    stage, remotes = full
    before, payloads = stage.written(), stage.payload_rows()
    changed = remotes["bralex__exact_online"].admin.change(seed=1, stock=1)["stock"]
    pulled = stage.pull("bralex__exact_online", "products", "changed")
    done = stage.transform()
    position = remotes["bralex__exact_online"].world["stock_positions"][changed[0]].data
    after = stage.written()
    touched = {(table, row) for table in before for row in before[table] if before[table][row] != after[table][row]}
    held = position["WarehouseCode"] in ("1", "2")
    product = stage.rows("select id from optiply.products where remote_id = %s", position["ItemId"])
    assert touched == ({("products", row["id"]) for row in product} if held else set())
    assert stage.payload_rows() == payloads + 1
    # Beside the changed root, those of the webshop that wait for a product are tried again.
    assert (pulled.changed, pulled.new, done.roots) == (1, 0, 1 + _waiting(stage))


def _waiting(stage: Stage) -> int:
    return stage.one(
        "select count(distinct (q.coupling_id, q.root_key, starts_with(q.object, 'sell_order')))"
        " from platform.quarantine q join platform.webshops w on w.id = q.webshop_id"
        " where w.name = %s and q.waiting and q.resolved_at is null",
        "bralex",
    )


def _streams(stage: Stage, coupling: str) -> list[tuple[str, str]]:
    manifest = stage.configs[coupling].manifest
    return [(manifest.connector, name) for name in manifest.streams]
