"""Every metric that is sent is described, and every one in the dashboard is sent."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from include.engine.witness import failed_call
from include.sync.metrics import measure, metrics
from include.sync.monitor import watch
from include.sync.remote import KeptFaults
from tests.engine.test_witness import REFUSED
from tests.monitor.conftest import Warehouse
from tests.monitor.test_watch import SHOP, budget, event

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "docs" / "grafana" / "platform.json"
pytestmark = pytest.mark.requirement("R2")


@pytest.fixture
def busy(warehouse: Warehouse) -> Warehouse:
    """A warehouse in which there is something of everything."""
    warehouse.live(SHOP)
    pull = warehouse.pulled(SHOP, "products")
    warehouse.do(
        "insert into platform.pull_streams (pull_id, stream, records, new) values (%(pull)s, 's', 7, 7)", pull=pull
    )
    warehouse.do("update platform.pulls set requests = 12")
    warehouse.ended(pull)
    warehouse.ended(warehouse.pulled(SHOP, "sell_orders"), REFUSED.reason)
    warehouse.pulled(SHOP, "suppliers")
    witness = KeptFaults(warehouse.connect, SHOP, "test")
    for status in (400, 429, 503, 503):
        witness.failed(failed_call("GET", "https://a.nl/x", {}, (status, b"", {}, 1), REFUSED, []))
    budget(warehouse, 1250)
    event(warehouse, "waiting", 1, b"1")
    warehouse.do(
        """insert into platform.quarantine (webshop_id, coupling_id, object, remote_id, field, reason, severity)
        select webshop_id, id, 'products', '1', 'f', 'r', 'blocked' from platform.couplings where name = %(name)s""",
        name=SHOP,
    )
    warehouse.do(
        "insert into platform.transforms (started_at, finished_at) values (now() - interval '3 seconds', now())"
    )
    watch(warehouse.connect)
    return warehouse


def test_each_metric_is_sent_as_it_is_described(busy: Warehouse) -> None:
    found = measure(busy.connect)
    assert {one.name for one in found} == set(metrics())
    for one in found:
        assert set(one.tags) == set(metrics()[one.name].tags), one
    values = {(one.name, *one.tags.values()): one.value for one in found}
    assert values["optiply.alerts", "failing"] == 1
    assert values["optiply.alerts", "auth"] == 0
    assert values["optiply.quota_used", "exact", "day"] == 0.25
    assert values["optiply.transform_seconds",] == pytest.approx(3, abs=0.1)
    calls = {one.tags["status"]: one.value for one in found if one.name == "optiply.failing_calls"}
    assert calls == {"4xx": 1, "429": 1, "5xx": 2}
    records = {one.tags["change"]: one.value for one in found if one.name == "optiply.records"}
    assert records == {"new": 7, "changed": 0, "unchanged": 0, "gone": 0, "quarantined": 0}


def test_the_dashboard_shows_every_metric_and_none_that_nobody_sends() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    shown: set[str] = set()
    for panel in panels:
        for target in panel["targets"]:
            names = set(re.findall(r"\bairflow_[a-z_]+", target["expr"]))
            assert names, panel["title"]
            shown |= names
            tags = set(re.findall(r"{{([a-z_]+)}}", target["legendFormat"]))
            for labels in re.findall(r"by \(([a-z_, ]+)\)", target["expr"]):
                tags |= set(labels.split(", "))
            tags |= set(re.findall(r"([a-z_]+)=", target["expr"]))
            for name in names:
                assert tags <= set(metrics()[name.removeprefix("airflow_").replace("_", ".", 1)].tags), panel["title"]
    assert shown == {"airflow_" + name.replace(".", "_") for name in metrics()}
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """What looks like an OpenTelemetry collector."""
    heard: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()


SENDER = """
import sys
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from include.sync.metrics import measure
from include.warehouse.connection import connector

stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
for one in measure(connector(sys.argv[1], "test")):
    stats.gauge(one.name, one.value, tags=one.tags)
"""


def test_they_go_out_through_airflows_own_settings(busy: Warehouse, collector: tuple[str, list[bytes]]) -> None:
    """In a process of its own, as a task is: OpenTelemetry lives as long as its process."""
    address, heard = collector
    chosen = {
        "AIRFLOW__METRICS__OTEL_ON": "True",
        "OTEL_EXPORTER_OTLP_ENDPOINT": address,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
    }
    command = [sys.executable, "-c", SENDER, busy.dsn]
    subprocess.run(command, check=True, timeout=120, env={**os.environ, **chosen}, cwd=ROOT)
    told = b"".join(heard)
    for name in metrics():
        assert f"airflow.{name}".encode() in told
