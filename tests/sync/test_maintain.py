"""What `maintain` lets go changes nothing that is mapped, explained or replayed."""

from __future__ import annotations

import pytest

from include.cli.explain_text import lines
from include.sandbox import serve
from include.sync.maintain import maintain
from include.sync.replay import replay
from include.warehouse.explain import explain
from tests.sync.stage import OPTIPLY, Row, Stage

SHOP = "velodrome__woocommerce"


def held(stage: Stage) -> dict[str, list[Row]]:
    """Return all that Optiply has."""
    return {table: stage.rows(f"select * from optiply.{table} order by id") for table in OPTIPLY}


def told(stage: Stage, key: str) -> list[str]:
    with stage.platform.connect() as connection:
        return list(lines(explain(connection, "velodrome", "products", key)))


@pytest.mark.requirement("F4", "F5", "R16")
def test_current_state_explanation_and_replay_are_unharmed(stage: Stage) -> None:
    with serve("woocommerce", seed=9, size=40, orders=20) as running:
        stage.coupled(SHOP, running)
        stage.pull_every()
        stage.transform()
        running.admin.change(seed=1, stock=6, deleted_products=2)
        stage.pull_every()
        stage.transform()
    key = stage.one("select record_key from staging.woocommerce__products where superseded_at is not null limit 1")
    # A year passes: everything that can be old is.
    for table in stage.rows("select tablename as name from pg_tables where schemaname = 'staging'"):
        stage.connection.execute(
            f"update staging.{table['name']} set landed_at = landed_at - interval '1 year',"
            " superseded_at = superseded_at - interval '1 year', gone_at = gone_at - interval '1 year'"
        )
    stage.connection.execute("update platform.pulls set finished_at = finished_at - interval '1 year'")
    before, landed, explained = held(stage), stage.landed("woocommerce", "products"), told(stage, key)
    done = maintain(stage.platform.connect)
    assert done.gone["versions"] > 0
    assert done.gone["pulls"] > 0
    assert stage.one("select count(*) from staging.woocommerce__products where superseded_at is not null") == 0
    assert stage.landed("woocommerce", "products") == landed
    assert held(stage) == before
    answers = told(stage, key)
    assert answers[:12] == explained[:12], "what it is, and each field with where it comes from"
    with stage.platform.connect() as connection:
        assert sum(replay(connection, SHOP, stage.configs[SHOP].manifest).values()) > 0
    stage.transform()
    assert held(stage) == before
