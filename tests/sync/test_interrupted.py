"""A pull that dies in the middle, by kill -9 or with its PostgreSQL, is finished by the next one, nothing twice."""

from __future__ import annotations

import collections
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from include.contract.errors import WarehouseDown
from include.local import postgres
from include.sandbox import Running, serve
from include.sync.configs import deploy_configs
from include.warehouse.migrate import migrate
from include.warehouse.pulls import Busy
from tests.sync.fixtures import SECRET
from tests.sync.stage import Stage, connection_json, warehouse_environment

ROOT = Path(__file__).resolve().parents[2]
SHOP, ERP = "velodrome__woocommerce", "bralex__exact_online"
STREAMS = ("products", "variations")
COUNTS = ("records", "new", "changed", "unchanged", "stale", "returned", "gone", "quarantined", "complete")


@pytest.fixture(scope="module")
def shop() -> Iterator[Running]:
    """Products on many pages, with calls for the variations of 60 of them."""
    with serve("woocommerce", seed=4, size=600, orders=10) as running:
        yield running


@pytest.fixture
def undisturbed(clean_copy: Callable[[str], Stage], shop: Running) -> Stage:
    """What one pull lands when nothing happens to it."""
    stage = clean_copy("undisturbed")
    stage.coupled(SHOP, shop)
    stage.pull(SHOP, "products")
    shop.admin.forget_requests()
    return stage


@pytest.fixture
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL of the test's own, which it may stop."""
    # Not pytest's own folder: root's is closed to the account that PostgreSQL runs as.
    state = Path(tempfile.mkdtemp(prefix="optiply-restart-test-"))
    state.chmod(0o711)
    made = postgres.Cluster(state, "restarted", 42300, durable=False)
    yield made
    if made.folder.exists():
        postgres.stop(made)
    shutil.rmtree(state)


def fetched(shop: Running) -> collections.Counter[str]:
    """Count the good answers per page."""
    good = [entry for entry in shop.admin.requests() if entry["status"] == 200]
    return collections.Counter(f"{e['path']}?{sorted(e['query'].items())}" for e in good)


def counts(stage: Stage) -> dict[str, dict[str, Any]]:
    """Return the counts of the last pull's streams."""
    streams = stage.streams(stage.last_pull()["id"])
    return {name: {column: row[column] for column in COUNTS} for name, row in streams.items()}


def start(stage: Stage, shop: Running, name: str = "products") -> subprocess.Popen[str]:
    """Pull in a process of its own, as a worker does."""
    environment = {**os.environ, **warehouse_environment(stage.dsn), "OPTIPLY_SECRET_KEY": SECRET}
    environment[f"AIRFLOW_CONN_{SHOP.upper()}"] = connection_json(shop)
    command = [sys.executable, "-m", "include.cli", "pull", SHOP, name, "--mode", "all"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def until(condition: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.01)


def pages(stage: Stage, stream: str) -> int:
    return stage.one("select coalesce(sum(pages), 0)::int from platform.pull_streams where stream = %s", stream)


@pytest.mark.requirement("R7", "R16")
@pytest.mark.parametrize(
    ("stream", "after", "match"), [("products", 2, "/products?"), ("variations", 20, "/variations?")]
)
def test_kill_9_in_the_middle_of_a_pull(
    clean_copy: Callable[[str], Stage], undisturbed: Stage, shop: Running, stream: str, after: int, match: str
) -> None:
    stage = clean_copy("killed")
    stage.coupled(SHOP, shop)
    # What comes after is slow, so that the process is certainly in the middle of it.
    shop.admin.fault("slow", match, skip=after, seconds=0.4, times=None)
    process = start(stage, shop)
    until(lambda: pages(stage, stream) >= after, process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()  # type: ignore[union-attr]
    landed = pages(stage, stream)
    assert stage.last_pull()["outcome"] is None
    assert stage.transform(run_dbt=lambda _objects: None).roots == 0, "half a pull is not mapped"
    shop.admin.clear_faults()

    retry = start(stage, shop)
    out, _ = retry.communicate(timeout=60)
    assert retry.returncode == 0, out
    pull = stage.last_pull()
    assert (pull["outcome"], pull["attempts"]) == ("succeeded", 2)
    assert landed < pages(stage, stream)
    assert_as_undisturbed(stage, undisturbed)
    assert max(fetched(shop).values()) <= 2, "a page was fetched more than twice"
    assert stage.one("select count(*) from platform.pull_pages") == 0


def assert_as_undisturbed(stage: Stage, undisturbed: Stage) -> None:
    assert counts(stage) == counts(undisturbed)
    for stream in STREAMS:
        assert stage.landed("woocommerce", stream) == undisturbed.landed("woocommerce", stream)
        twice = f"select count(*) - count(distinct record_key) from staging.woocommerce__{stream}"
        assert stage.one(twice) == 0  # type: ignore[arg-type]
    news = "select distinct coupling_id, object, root_key from platform.news order by 1, 2, 3"
    assert stage.rows(news) == undisturbed.rows(news)


@pytest.mark.requirement("R7", "R16")
def test_postgresql_restarts_between_two_pages(
    cluster: postgres.Cluster, undisturbed: Stage, shop: Running, dbt_target: Path
) -> None:
    with postgres.running(cluster) as server:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            migrate(connection)
            deploy_configs(connection)
        stage = Stage(server.dsn("postgres"), SECRET, dbt_target)
        stage.coupled(SHOP, shop)
        shop.admin.fault("slow", "/products?", skip=2, seconds=1.0, times=1)
        failed: list[BaseException] = []
        worker = threading.Thread(target=lambda: _pull(stage, failed))
        worker.start()
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as watcher:
            count = "select coalesce(sum(pages), 0) from platform.pull_streams"
            deadline = time.monotonic() + 30
            while watcher.execute(count).fetchone()[0] < 2:  # type: ignore[index]
                assert time.monotonic() < deadline
                time.sleep(0.01)
        assert postgres.stop(cluster)
        worker.join(30)
        stage.close()
        (error,) = failed
        assert isinstance(error, WarehouseDown)
        assert SECRET not in str(error)
        postgres.start(cluster)
        shop.admin.clear_faults()
        stage = Stage(server.dsn("postgres"), SECRET, dbt_target)
        stage.coupled(SHOP, shop)
        assert stage.last_pull()["outcome"] is None, "the database was away: nobody could write it down"
        done = stage.pull(SHOP, "products")
        assert done.resumed
        assert_as_undisturbed(stage, undisturbed)
        assert max(fetched(shop).values()) <= 2
        stage.close()


def _pull(stage: Stage, failed: list[BaseException]) -> None:
    try:
        stage.pull(SHOP, "products")
    except BaseException as error:
        failed.append(error)


@pytest.mark.requirement("R9")
def test_one_pull_of_an_object_at_a_time(clean_copy: Callable[[str], Stage], shop: Running) -> None:
    stage = clean_copy("busy")
    stage.coupled(SHOP, shop)
    shop.admin.fault("slow", "/products?", skip=1, seconds=3, times=1)
    process = start(stage, shop)
    until(lambda: pages(stage, "products") >= 1, process)
    now = datetime.now(UTC)
    with pytest.raises(Busy) as raised:
        stage.pull(SHOP, "products", "changed")
    assert timedelta(seconds=20) < raised.value.until - now <= timedelta(seconds=40)
    assert raised.value.reason.acts == "nobody"
    assert SHOP in raised.value.what
    assert stage.one("select count(*) from platform.pulls") == 1, "the refused one leaves the open pull alone"
    orders = stage.pull(SHOP, "sell_orders")
    assert orders.records > 0, "another object of the same coupling is free"
    assert process.wait(30) == 0, process.communicate()[0]
    process.stdout.close()  # type: ignore[union-attr]
    shop.admin.clear_faults()
    assert stage.pull(SHOP, "products", "changed").records == 0


@pytest.mark.requirement("R7")
def test_an_unfinished_pull_of_another_kind_is_given_up(clean_copy: Callable[[str], Stage], shop: Running) -> None:
    stage = clean_copy("abandoned")
    stage.coupled(SHOP, shop)
    shop.admin.fault("slow", "/products?", skip=1, seconds=5, times=1)
    process = start(stage, shop)
    until(lambda: pages(stage, "products") >= 1, process)
    process.kill()
    process.wait()
    process.stdout.close()  # type: ignore[union-attr]
    shop.admin.clear_faults()
    done = stage.pull(SHOP, "products", "changed")
    assert not done.resumed
    assert stage.rows("select mode, outcome, finished_at is null as running from platform.pulls order by id") == [
        {"mode": "all", "outcome": "abandoned", "running": False},
        {"mode": "changed", "outcome": "succeeded", "running": False},
    ]
    assert stage.one("select count(*) from platform.pull_pages") == 0
