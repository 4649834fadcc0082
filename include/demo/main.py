"""`./run demo [--once]`."""

from __future__ import annotations

import argparse
import time

from include.demo import acts, sandboxes
from include.demo.airflow_api import AirflowApi
from include.demo.show import say
from include.local import machine, supervisor
from include.spec.load import load_all
from include.warehouse.connection import connector


def main(arguments: list[str]) -> int:
    """Play the demo; with --once stop everything afterwards. Returns 0 only if every check held."""
    parser = argparse.ArgumentParser(
        prog="./run demo", description="The platform at work on imitations of remote systems."
    )
    parser.add_argument("--once", action="store_true", help="stop everything when the checks are done")
    once = parser.parse_args(arguments).once
    begun = time.monotonic()
    with machine.ready(durable=False) as base, supervisor.running_platform(base) as (running, children):
        say(f"Airflow is up after {time.monotonic() - begun:.0f} s")
        found = sandboxes.start(running, children)
        failed = _play(running, found, children.check)
        say(
            f"\n{'Every check held' if not failed else f'{failed} checks FAILED'}, {time.monotonic() - begun:.0f} s in all."
        )
        if once:
            return int(failed > 0)
        say(supervisor.welcome(running))
        while True:
            time.sleep(0.5)
            children.check()


def _play(running: machine.Machine, found: dict[str, sandboxes.Sandbox], watch: acts.Watch) -> int:
    couplings = [config for config in load_all()[0] if config.connector in found and config.enabled]
    airflow = AirflowApi(running.settings.address, running.settings.passwords_file)
    for config in couplings:
        airflow.keep_connection(sandboxes.connection_of(found[config.connector], config.name))
    dags = [f"{config.name}__extract" for config in couplings]
    airflow.wait_for_dags([*dags, "transform"])
    for dag in [*dags, "transform"]:
        airflow.unpause(dag)
    with connector(running.server.dsn("warehouse"), "demo")() as connection:
        stage = acts.Stage(airflow, connection, found, couplings, watch)
        acts.first_act(stage)
        acts.second_act(stage)
        return stage.checks.failed
