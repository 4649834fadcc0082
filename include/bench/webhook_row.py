"""From a change on a remote to the Optiply row, through a whole running platform with Airflow in the way."""

from __future__ import annotations

import statistics

from include.bench.result import Result
from include.demo import webhooks
from include.demo.stage import opened
from include.local import machine, supervisor
from include.local.paths import temporary_state

ROUNDS = 5


def webhook_to_row() -> Result:
    """The median of the seconds of five changes. There is no floor: the aim is 15 s."""
    with (
        temporary_state() as state,
        machine.ready(durable=False, folder=state) as base,
        supervisor.running_platform(base, with_local_remotes=True) as (running, children),
        opened(running, children, [webhooks.SHOP]) as stage,
    ):
        stage.pull("all")
        for config, sentence in webhooks.switch_on(stage):
            print(f"  {config.name}: {sentence}", flush=True)
        # The first one starts processes that the others find running.
        webhooks.to_row(stage, ROUNDS)
        seconds = [webhooks.to_row(stage, number) for number in range(ROUNDS)]
        print("  " + ", ".join(f"{each:.1f} s" for each in seconds), flush=True)
    return Result(value=statistics.median(seconds), unit="s", floor=None, ratio=None)
