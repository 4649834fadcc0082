"""The demo's third act: remotes tell what changed by themselves, and how long it takes until the Optiply row has it."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from include.demo.show import say
from include.demo.stage import Stage
from include.engine.ports import Credentials
from include.local.database_server import WAREHOUSE_DATABASE
from include.local.errors import LocalError
from include.spec.load import CouplingConfig
from include.sync import webhooks
from include.sync.pull import Platform
from include.warehouse.connection import connector
from include.warehouse.secrets import Vault

SHOP = "woocommerce"
ROUNDS = 3
AIM_SECONDS = 15.0
_PATIENCE_SECONDS = 120.0
_PRICE = (
    "select t.price::text from optiply.products t join platform.couplings c on c.id = t.coupling_id"
    " where c.connector = %s and t.remote_id = %s"
)


def third_act(stage: Stage) -> None:
    """Register at the sandboxes, let a price change, and wait for the row."""
    if SHOP not in stage.sandboxes:
        return
    say("\nAct three: the shop tells by itself what changed")
    for config, sentence in switch_on(stage):
        say(f"  {config.name}: {sentence}")
    seconds = [to_row(stage, number) for number in range(ROUNDS)]
    told = ", ".join(f"{each:.1f} s" for each in seconds)
    middle = statistics.median(seconds)
    stage.checks.hold("from a change on the remote to the Optiply row, in the middle", middle <= AIM_SECONDS, told)
    left = stage.one("select count(*) from platform.webhook_events where state = 'poison'")
    stage.checks.hold("no event was set aside", left == 0, f"{left}")


def switch_on(stage: Stage) -> Iterator[tuple[CouplingConfig, str]]:
    """Have the shop send its events; yield the coupling and what support reads.

    Of systems with rotating tokens only Airflow holds the login: there `activate` or the CLI registers.
    """
    with _address(stage.machine.environ[webhooks.ADDRESS_VARIABLE]):
        for config in stage.couplings:
            if config.connector == SHOP and webhooks.topics_of(config):
                yield config, webhooks.register(_platform(stage), config, _credentials(stage, config)).sentence()


def switch_off(stage: Stage, config: CouplingConfig) -> None:
    """Have a sandbox send nothing any more."""
    with _address(stage.machine.environ[webhooks.ADDRESS_VARIABLE]):
        webhooks.remove(_platform(stage), config, _credentials(stage, config))


def _platform(stage: Stage) -> Platform:
    machine = stage.machine
    connect = connector(machine.server.dsn(WAREHOUSE_DATABASE), "demo")
    return Platform(connect, Vault(machine.environ["OPTIPLY_SECRET_KEY"]))


def _credentials(stage: Stage, config: CouplingConfig) -> Credentials:
    held = stage.sandboxes[config.connector].admin.credentials()
    extra = {key: str(value) for key, value in held["extra"].items()}
    return Credentials(config.connection, held["host"], held["login"], held["password"], extra)


@contextmanager
def _address(address: str) -> Iterator[None]:
    before = os.environ.get(webhooks.ADDRESS_VARIABLE)
    os.environ[webhooks.ADDRESS_VARIABLE] = address
    try:
        yield
    finally:
        os.environ.pop(webhooks.ADDRESS_VARIABLE)
        if before is not None:
            os.environ[webhooks.ADDRESS_VARIABLE] = before


def to_row(stage: Stage, number: int) -> float:
    """Change the price of a product on the remote; return the seconds until the Optiply row has another one.

    In between lie the sandbox's letter, the receiver, the inbox, the trigger, the run of `drain_webhooks` with its
    single pull, the asset event, and the run of `transform`. Raises LocalError when it does not come.
    """
    _calm(stage)
    before = {row[0]: row[1] for row in stage.connection.execute(_PRICES, [SHOP]).fetchall()}
    begun = time.monotonic()
    (key,) = stage.sandboxes[SHOP].change(prices=1, seed=1000 + number)["prices"]
    while time.monotonic() - begun < _PATIENCE_SECONDS:
        now = stage.one(_PRICE, SHOP, key)
        if now is not None and now != before.get(key):
            return time.monotonic() - begun
        time.sleep(0.05)
    raise LocalError(f"The price of {SHOP} {key} did not arrive within {_PATIENCE_SECONDS:.0f} s.")


_PRICES = (
    "select t.remote_id, t.price::text from optiply.products t join platform.couplings c on c.id = t.coupling_id"
    " where c.connector = %s"
)


def _calm(stage: Stage) -> None:
    """Wait until nothing of an earlier change is on its way."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while stage.one(
        "select exists (select from platform.webhook_events where state = 'waiting')"
        " or exists (select from platform.news) or exists (select from platform.transform_batch)"
    ) or stage.airflow.busy_runs("transform"):
        if time.monotonic() > deadline:
            raise LocalError("The platform did not come to rest.")
        time.sleep(0.2)
