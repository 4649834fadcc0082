"""How long Airflow takes to read DAG files: a thousand couplings, and what one task process pays for its own."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import statistics
import tempfile
import time
from pathlib import Path

from include.bench.result import Result
from include.factory.stubs import render

_LOADED = (
    "airflow.providers.http.hooks.http",
    "airflow.providers.postgres.hooks.postgres",
    "airflow.providers.standard.operators.empty",
    "airflow.sdk",
)
_WEBSHOP = """webshop: {name}
title: Webshop {name}
time_zone: Europe/Amsterdam
owners: {{products: woocommerce, sell_orders: woocommerce}}
"""
_COUPLING = """coupling: {name}__woocommerce
connector: woocommerce
role: primary
objects: {{products: {{}}, sell_orders: {{}}}}
schedules:
  - {{cron: "H/10 * * * *", mode: changed, objects: [products]}}
  - {{cron: "H * * * *", mode: changed, objects: [sell_orders]}}
  - {{cron: "H H(1-4) * * *", mode: all, objects: [products]}}
"""
# One file that makes as many DAGs of two tasks with a loop: the least that Airflow itself takes for so many DAGs.
_PLAIN = """from airflow.sdk import DAG, CronTriggerTimetable
from airflow.providers.standard.operators.empty import EmptyOperator
for n in range({count}):
    with DAG(f"plain_{{n}}", schedule=CronTriggerTimetable("5 * * * *", timezone="UTC")) as dag:
        EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
    globals()[f"plain_{{n}}"] = dag
"""


def dag_parse(count: int) -> Result:
    """Seconds to read `count` generated couplings with Airflow's DagBag; floor: a loop making as many plain DAGs."""
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = _folders(Path(folder), count)
        seconds, found = _alone(_read, str(ours))
        floor, floor_found = _alone(_read, str(plain))
    if (found, floor_found) != (count, count):
        raise RuntimeError(f"read {found} and {floor_found} DAGs instead of {count}")
    return Result(value=seconds, unit="s", floor=floor, ratio=floor / seconds)


def task_parse(count: int) -> Result:
    """Milliseconds that a task process takes to find its DAG among `count`; the floor: a file with one plain DAG."""
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = _folders(Path(folder), count)
        (plain / "plain.py").write_text(_PLAIN.format(count=1))
        names = sorted(path.name for path in ours.glob("*.py"))[:: max(count // 20, 1)]
        own = [_alone(_read, str(ours / name))[0] * 1000 for name in names[:5]]
        floor = [_alone(_read, str(plain / "plain.py"))[0] * 1000 for _ in range(5)]
    value, least = statistics.median(own), statistics.median(floor)
    return Result(value=value, unit="ms", floor=least, ratio=least / value)


def _folders(folder: Path, count: int) -> tuple[Path, Path]:
    """Write `count` couplings, their generated DAG files, and the floor's file; return the two DAG folders."""
    configs, ours, plain = folder / "dag_configs", folder / "couplings", folder / "plain"
    for place in (configs, ours, plain):
        place.mkdir()
    for number in range(count):
        shop = configs / f"shop{number:04}"
        shop.mkdir()
        (shop / "webshop.yaml").write_text(_WEBSHOP.format(name=shop.name))
        (shop / "woocommerce.yaml").write_text(_COUPLING.format(name=shop.name))
    for name, text in render(configs).items():
        (ours / name).write_text(text)
    (plain / "plain.py").write_text(_PLAIN.format(count=count))
    return ours, plain


def _alone(work: object, value: str) -> tuple[float, int]:
    """Run in a fresh process, so that nothing is warm but Airflow's own imports."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        result: tuple[float, int] = pool.apply(work, (value,))  # type: ignore[arg-type]
        return result


def _read(place: str) -> tuple[float, int]:
    """Return the seconds that Airflow takes to read the DAGs in `place`, without its own imports, and their number."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        # Only now, when AIRFLOW_HOME is set; and first what each Airflow process has loaded before it reads a DAG file.
        for name in _LOADED:
            importlib.import_module(name)
        bags = importlib.import_module("airflow.dag_processing.dagbag")
        folder = Path(place) if Path(place).is_dir() else Path(place).parent
        begun = time.perf_counter()
        bag = bags.DagBag(place, bundle_path=folder, bundle_name="bench")
        seconds = time.perf_counter() - begun
        if bag.import_errors:
            raise RuntimeError(f"import errors: {bag.import_errors}")
        return seconds, len(bag.dags)
