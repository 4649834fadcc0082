"""The platform's figures for Airflow's metrics: names and meaning in metrics.yaml, values from the warehouse."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import pydantic
import yaml

from include.sync.monitor import WORDS
from include.warehouse import monitor
from include.warehouse.connection import Connect, warehouse_faults

_FILE = Path(__file__).with_suffix(".yaml")


class Metric(pydantic.BaseModel):
    """What a metric tells, and by which tags."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    tags: list[str]
    tells: str


@dataclasses.dataclass(frozen=True)
class Value:
    """A metric's value now."""

    name: str
    value: float
    tags: dict[str, str]


@functools.cache
def metrics() -> dict[str, Metric]:
    """Return every metric by its name."""
    found = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: Metric.model_validate(told) for name, told in found.items()}


def measure(connect: Connect) -> list[Value]:
    """Return the values of all metrics. Raises WarehouseDown."""
    with warehouse_faults("measuring"), connect() as connection:
        return [Value(name, value, tags) for name, tags, value in monitor.measured(connection, list(WORDS))]
