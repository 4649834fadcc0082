"""What a run asks of an object: what the form says, or the schedules that are due."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.sdk import Context
from airflow.sdk.api.datamodels._generated import DagRun, DagRunState, DagRunType

from include.contract.errors import Misconfigured
from include.spec.load import CouplingConfig, load_coupling
from include.tasks.pull_operator import wish_of
from include.warehouse.pulls import Origin, Wish
from tests.spec.folders import COUPLING, WEBSHOP, write

NIGHT = datetime(2026, 1, 10, 1, 30, tzinfo=UTC)
CRONS = """\
schedules:
  - {cron: "*/30 * * * *"}
  - {cron: "30 2 * * *", mode: all, objects: [products]}
"""


@pytest.fixture
def config(tmp_path: Path) -> CouplingConfig:
    coupling = COUPLING[: COUPLING.index("schedules:")] + CRONS
    return load_coupling(
        "acme/woocommerce.yaml", write(tmp_path / "c", acme__webshop=WEBSHOP, acme__woocommerce=coupling)
    )


def context(kind: DagRunType, logical_date: datetime | None = NIGHT, **form: Any) -> Context:
    """The context as Airflow's task runner makes it: with its own model of the run."""
    run = DagRun(
        dag_id="acme__woocommerce__extract",
        run_id="run",
        logical_date=logical_date,
        data_interval_start=logical_date,
        data_interval_end=logical_date,
        run_after=logical_date or NIGHT,
        start_date=NIGHT,
        end_date=None,
        run_type=kind,
        state=DagRunState.RUNNING,
        consumed_asset_events=[],
        partition_key=None,
    )
    defaults = {"objects": ["products", "sell_orders"], "mode": "changed", "since": None, "remote_id": None}
    return cast("Context", {"dag_run": run, "ti": SimpleNamespace(task_id="task"), "params": defaults | form})


def wish(name: str, mode: str, **fields: Any) -> Wish:
    return Wish("acme__woocommerce", name, mode, origin=Origin("acme__woocommerce__extract", "run", "task"), **fields)


@pytest.mark.requirement("R9")
def test_a_scheduled_run_asks_what_is_due(config: CouplingConfig) -> None:
    """The form's defaults (every object, changed) are in the context of a scheduled run as well."""
    night = context(DagRunType.SCHEDULED)
    assert wish_of(config, "products", night) == wish("products", "all")
    assert wish_of(config, "sell_orders", night) == wish("sell_orders", "changed")
    later = context(DagRunType.SCHEDULED, NIGHT + timedelta(hours=1))
    assert wish_of(config, "products", later) == wish("products", "changed")
    assert wish_of(config, "products", context(DagRunType.SCHEDULED, NIGHT + timedelta(minutes=7))) is None


@pytest.mark.requirement("R9")
def test_a_scheduled_run_ignores_the_form(config: CouplingConfig) -> None:
    run = context(DagRunType.SCHEDULED, objects=[], mode="single", remote_id="7")
    assert wish_of(config, "products", run) == wish("products", "all")


@pytest.mark.requirement("R8")
def test_the_button_asks_what_the_form_says(config: CouplingConfig) -> None:
    manual = DagRunType.MANUAL
    assert wish_of(config, "products", context(manual)) == wish("products", "changed")
    assert wish_of(config, "products", context(manual, objects=["sell_orders"])) is None
    assert wish_of(config, "products", context(manual, objects=[])) is None
    assert wish_of(config, "products", context(manual, objects=None)) is None
    assert wish_of(config, "products", context(manual, mode="all")) == wish("products", "all")
    assert wish_of(config, "products", context(manual, None, mode="all")) == wish("products", "all")


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-20T08:00:00+02:00", datetime(2026, 5, 20, 6, tzinfo=UTC)),
        ("2026-05-20T08:00:00Z", datetime(2026, 5, 20, 8, tzinfo=UTC)),
        ("2026-05-20T08:00:00", datetime(2026, 5, 20, 8, tzinfo=UTC)),
    ],
)
def test_since(config: CouplingConfig, text: str, moment: datetime) -> None:
    found = wish_of(config, "products", context(DagRunType.MANUAL, since=text))
    assert found == wish("products", "changed", since=moment)


@pytest.mark.requirement("R8", "R16")
def test_since_belongs_to_changed_only(config: CouplingConfig) -> None:
    """A pull of everything with a filter would take what it leaves out for gone."""
    found = wish_of(config, "products", context(DagRunType.MANUAL, mode="all", since="2026-05-20T08:00:00Z"))
    assert found == wish("products", "all")


def test_since_that_is_no_time(config: CouplingConfig) -> None:
    with pytest.raises(Misconfigured, match="'yesterday' is not a time"):
        wish_of(config, "products", context(DagRunType.MANUAL, since="yesterday"))


@pytest.mark.requirement("R8")
def test_single(config: CouplingConfig) -> None:
    run = context(
        DagRunType.MANUAL, objects=["products"], mode="single", remote_id=" 42 ", since="2026-05-20T08:00:00Z"
    )
    assert wish_of(config, "products", run) == wish("products", "single", remote_id="42")
    assert wish_of(config, "sell_orders", run) is None
