"""One whole platform for all tests of this folder: PostgreSQL, Airflow's four processes, three sandboxes."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from include.demo.stage import opened
from include.local import machine, supervisor
from include.local.paths import ROOT, temporary_state
from tests.e2e.platform import Platform


@pytest.fixture(scope="package")
def platform() -> Iterator[Platform]:
    """Start everything on a state folder of its own and a copy of dag_configs; leave nothing behind."""
    with temporary_state() as state:
        configs = copy_configs(state / "dag_configs")
        with (
            machine.ready(durable=False, folder=state, configs=configs) as base,
            supervisor.running_platform(base, with_local_remotes=True) as (running, children),
            opened(running, children) as stage,
        ):
            yield Platform(running, stage, configs)


def copy_configs(target: Path) -> Path:
    """Copy the couplings; their crons move half a day away, so that no scheduled run mixes with a test's."""
    shutil.copytree(ROOT / "dag_configs", target)
    hour = (datetime.now(UTC) + timedelta(hours=12)).hour
    for path in target.glob("*/*.yaml"):
        text = re.sub(r'cron: "[^"]*"', f'cron: "30 {hour} * * *"', path.read_text())
        if "buy_orders: {}" in text:
            text = text.replace("settings:\n", f'settings:\n  buy_orders.push_cron: "30 {hour} * * *"\n')
        path.write_text(text)
    return target


@pytest.fixture(autouse=True)
def calm(platform: Platform) -> Iterator[None]:
    """Start and end every test without faults."""
    platform.clear_faults()
    yield
    platform.clear_faults()
