"""`./run demo [--once] [--systems picqer,logic4]`."""

from __future__ import annotations

import argparse
import time

from include.demo import acts, webhooks
from include.demo.sandboxes import SYSTEMS
from include.demo.show import say
from include.demo.stage import opened
from include.local import machine, supervisor
from include.spec.load import connector_names


def main(arguments: list[str]) -> int:
    """Play the demo; with --once stop everything afterwards. Returns 0 only if every check held."""
    parser = argparse.ArgumentParser(
        prog="./run demo", description="The platform at work on imitations of remote systems."
    )
    parser.add_argument("--once", action="store_true", help="stop everything when the checks are done")
    known = connector_names()
    parser.add_argument(
        "--systems", default=",".join(SYSTEMS), help=f"which systems play, or 'all': {', '.join(known)}"
    )
    given = parser.parse_args(arguments)
    systems = known if given.systems == "all" else given.systems.split(",")
    if unknown := sorted(set(systems) - set(known)):
        parser.error(f"no such system: {', '.join(unknown)}; there are {', '.join(known)}")
    begun = time.monotonic()
    with (
        machine.ready(durable=False) as base,
        supervisor.running_platform(base, with_local_remotes=True) as (running, children),
    ):
        say(f"Airflow is up after {time.monotonic() - begun:.0f} s")
        with opened(running, children, systems) as stage:
            acts.first_act(stage)
            acts.second_act(stage)
            webhooks.third_act(stage)
            failed = stage.checks.failed
        verdict = "Every check held" if not failed else f"{failed} checks FAILED"
        say(f"\n{verdict}, {time.monotonic() - begun:.0f} s in all.")
        if given.once:
            return int(failed > 0)
        say(supervisor.welcome(running))
        while True:
            time.sleep(0.5)
            children.check()
