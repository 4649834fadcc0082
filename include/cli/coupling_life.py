"""`coupling activate|pause|resume|deactivate|recheck|life`: what support does to a coupling."""

from __future__ import annotations

import argparse
import functools
import getpass
import time
from datetime import UTC, datetime
from typing import Any

from include.cli.operate import credentials, platform
from include.contract.errors import Wait
from include.spec.load import find_coupling
from include.sync import activation, life
from include.sync.auth import recheck
from include.sync.configs import ensure_registered
from include.sync.dbt import Dbt
from include.warehouse import faults
from include.warehouse import life as lives
from include.warehouse.activation import progress


def add(deeds: Any) -> None:
    """Add the deeds to the command `coupling`."""
    for name, deed, words in (
        (
            "activate",
            _activate,
            "pull and map everything, register webhooks, switch its schedules on",
        ),
        ("deactivate", _deactivate, "switch it off, also for runs by hand, and take its webhooks away"),
        ("pause", _pause, "let its schedules pull and push nothing; by hand it goes on working"),
        ("resume", _resume, "let its schedules go on; what was missed is caught up"),
        ("recheck", _recheck, "try its credentials (from AIRFLOW_CONN_<COUPLING>)"),
        ("life", _life, "show its state, since when, and why"),
        ("faults", _faults, "show its latest failing calls: address, status, what came back (redacted)"),
    ):
        parser = deeds.add_parser(name, help=words)
        parser.add_argument("coupling", help="e.g. velodrome__woocommerce")
        parser.set_defaults(run=deed)


def person() -> str:
    """Return who sits at the command line, for the audit log."""
    return f"{getpass.getuser()} (command line)"


def _activate(chosen: argparse.Namespace) -> int:
    here, config = platform(f"cli activate {chosen.coupling}"), find_coupling(chosen.coupling)
    if not activation.begin(here, config, person()):
        print(f"{config.name} is active already")
        return 0
    for stage in activation.STAGES:
        while True:
            try:
                opened = functools.partial(credentials, config.connection)
                done = activation.perform(here, config, opened, stage, person(), Dbt().transform)
                break
            except Wait as wait:
                print(f"{wait.what}; goes on at {wait.until:%H:%M:%S} UTC", flush=True)
                time.sleep(max((wait.until - datetime.now(UTC)).total_seconds(), 0))
        for words in done.words:
            print(f"{stage}: {words}", flush=True)
    return 0


def _deactivate(chosen: argparse.Namespace) -> int:
    here, config = platform(f"cli deactivate {chosen.coupling}"), find_coupling(chosen.coupling)
    with here.connect() as connection:
        ensure_registered(connection, config)
    print(activation.deactivate(here, config, functools.partial(credentials, config.connection), person()))
    return 0


def _pause(chosen: argparse.Namespace) -> int:
    with platform(f"cli pause {chosen.coupling}").connect() as connection:
        print(life.pause(connection, chosen.coupling, person()).sentence())
    return 0


def _resume(chosen: argparse.Namespace) -> int:
    with platform(f"cli resume {chosen.coupling}").connect() as connection:
        print(life.resume(connection, chosen.coupling, person()).sentence())
    return 0


def _recheck(chosen: argparse.Namespace) -> int:
    here, config = platform(f"cli recheck {chosen.coupling}"), find_coupling(chosen.coupling)
    with here.connect() as connection:
        ensure_registered(connection, config)
    words, revived = recheck(here, config, credentials(config.connection), person())
    print(words)
    for found in revived:
        print(life.sentence(found) + (", and catches up with its next schedule" if found.catch_up else ""))
    return 0


def _life(chosen: argparse.Namespace) -> int:
    with platform("cli life").connect() as connection:
        found = lives.of(connection, chosen.coupling)
        told = progress(connection, chosen.coupling)
    print(life.sentence(found))
    if found.reason is not None:
        print(f"    {found.reason.error_class}: {found.reason.text}")
    if told is not None and told["finished_at"] is None:
        at = f"step {told['place']} of {told['steps']} ({told['step']}, {told['state']}), {told['percent']} %"
        left = f", about {told['seconds_left']} s left" if told["seconds_left"] is not None else ""
        print(f"    activation {told['activation']}: {at}{left}")
    print(f"    next step: {life.next_step(found)}")
    return 0


def _faults(chosen: argparse.Namespace) -> int:
    with platform("cli faults").connect() as connection:
        lives.of(connection, chosen.coupling)
        found = faults.latest(connection, chosen.coupling)
    for call in reversed(found):
        took = f" in {call['milliseconds']} ms" if call["milliseconds"] is not None else ""
        print(f"{call['at']:%Y-%m-%d %H:%M:%S}  {call['operation']}  ({call['error_class']})")
        print(f"    {call['method']} {call['address']} -> {call['status'] or 'no answer'}{took}")
        print("".join(f"    {name}: {value}\n" for name, value in call["headers"].items()), end="")
        print(f"    {call['body'] or call['error_text']}\n")
    print(f"{len(found)} failing calls; they are kept for some days")
    return 0
