"""What the demo plays on: a running platform, connected to the sandboxes; its couplings are activated by support."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from include.demo import sandboxes
from include.demo.airflow_api import FINISHED, AirflowApi
from include.demo.sandboxes import Sandbox
from include.demo.show import Checks, Progress, activations
from include.local.children import Children
from include.local.database_server import WAREHOUSE_DATABASE
from include.local.errors import LocalError
from include.local.machine import Machine
from include.spec.load import CONFIGS_VARIABLE, CouplingConfig, load_all
from include.warehouse.connection import connector

_PATIENCE_SECONDS, _PATIENCE_PER_COUPLING = 180, 30
Watch = Callable[[], None]


class Stage:
    """What the acts play on: Airflow, the warehouse, the sandboxes and the couplings to them."""

    def __init__(
        self,
        airflow: AirflowApi,
        connection: psycopg.Connection,
        sandboxes: Mapping[str, Sandbox],
        couplings: list[CouplingConfig],
        watch: Watch,
        machine: Machine,
    ) -> None:
        self.machine = machine
        self.airflow, self.connection, self.sandboxes, self.couplings = airflow, connection, sandboxes, couplings
        self._watch = watch
        self.checks = Checks()

    def activate(self) -> None:
        """Activate every coupling through Airflow, as support does; one that is active already stays so."""
        progress = Progress(self.connection)
        runs = [self.airflow.trigger("activate", {"coupling": config.name}) for config in self.couplings]
        self._wait(progress, lambda: all(self.airflow.run_state("activate", run) in FINISHED for run in runs))
        activations(self.connection)
        names = [config.name for config in self.couplings]
        found = self.connection.execute(
            "select c.name, l.state from platform.coupling_life l join platform.couplings c on c.id = l.coupling_id"
            " where c.name = any(%s)",
            [names],
        ).fetchall()
        told = ", ".join(f"{name} {state}" for name, state in found)
        self.checks.hold("every coupling is active", all(state == "active" for _, state in found), told)
        self._wait(progress, self._all_mapped)

    def pull(
        self, mode: str, objects: Callable[[CouplingConfig], list[str]] = lambda config: list(config.pulled_objects)
    ) -> None:
        """Trigger every coupling through Airflow, show progress, wait for the pulls and the transform of their news."""
        progress = Progress(self.connection)
        runs = {
            f"{config.name}__extract": self.airflow.trigger(
                f"{config.name}__extract", {"mode": mode, "objects": objects(config)}
            )
            for config in self.couplings
            if objects(config)
        }
        self._wait(
            progress,
            lambda: all(self.airflow.run_state(dag, run) in FINISHED for dag, run in runs.items()),
        )
        states = {dag: self.airflow.run_state(dag, run) for dag, run in runs.items()}
        self.checks.hold(
            f"every pull ({mode}) ended well",
            set(states.values()) == {"success"},
            ", ".join(f"{d} {s}" for d, s in states.items()),
        )
        self._wait(progress, self._all_mapped)

    def _wait(self, progress: Progress, done: Callable[[], bool]) -> None:
        patience = _PATIENCE_SECONDS + _PATIENCE_PER_COUPLING * len(self.couplings)
        deadline = time.monotonic() + patience
        while not done():
            self._watch()
            progress.show()
            if time.monotonic() > deadline:
                raise LocalError(f"The demo did not get further within {patience} s; look at the Airflow UI.")
            time.sleep(0.5)
        progress.show()

    def _all_mapped(self) -> bool:
        waiting = self.connection.execute(
            "select exists (select from platform.news) or exists (select from platform.transform_batch)"
            " or exists (select from platform.transforms where outcome is null)"
        ).fetchone()
        return not (waiting and waiting[0]) and self.airflow.busy_runs("transform") == 0

    def last_transform(self) -> int:
        """Return the number of the latest transform."""
        return int(self.one("select coalesce(max(id), 0) from platform.transforms"))

    def one(self, query: str, *values: Any) -> Any:
        """Return the single value of a query."""
        row = self.connection.execute(query, values).fetchone()
        return row[0] if row else None


@contextmanager
def opened(running: Machine, children: Children, systems: Sequence[str] = sandboxes.SYSTEMS) -> Iterator[Stage]:
    """Start the sandboxes and make the couplings' connections through Airflow's API."""
    with (
        sandboxes.started(running, children, systems) as found,
        AirflowApi(running.settings.address, running.settings.passwords_file) as airflow,
    ):
        configs = Path(running.environ[CONFIGS_VARIABLE])
        couplings = [config for config in load_all(configs)[0] if config.connector in found and config.enabled]
        for config in couplings:
            airflow.keep_connection(sandboxes.connection_of(found[config.connector], config.connection))
        airflow.wait_for_dags([*(f"{config.name}__extract" for config in couplings), "transform", "activate"])
        with connector(running.server.dsn(WAREHOUSE_DATABASE), "demo")() as connection:
            yield Stage(airflow, connection, found, couplings, children.check, running)
