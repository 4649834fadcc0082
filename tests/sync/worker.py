"""One of several processes that share a credential: makes a number of calls, waits when told to, counts nothing itself.

python -m tests.sync.worker <coupling> <claimant> <calls> <lapse>; the warehouse, the key and the connection come from
the environment. `lapse` is how many times faster than in life the remote's tokens end and its limits start anew.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from datetime import UTC, datetime

from include.cli.operate import credentials
from include.contract.errors import TryAgain, Wait
from include.engine.client import Client
from include.spec.load import CouplingConfig, load_all
from include.sync.remote import open_client
from include.warehouse.connection import connector, dsn_from_environment
from include.warehouse.secrets import Vault

_PATH = "/sync/Logistics/Items?$select=ID,Timestamp&$filter=Timestamp gt 999999999L"


def hurried(config: CouplingConfig, claimant: str, lapse: int) -> CouplingConfig:
    """Return the coupling under another name, with the times of its manifest shortened."""
    client = config.manifest.client
    auth = client.auth.model_copy(update={"not_before_seconds": 570 // lapse, "early_seconds": 1})
    budgets = [budget.model_copy(update={"seconds": budget.seconds // lapse}) for budget in client.budgets]
    fast = client.model_copy(update={"auth": auth, "budgets": budgets})
    return dataclasses.replace(config, name=claimant, manifest=config.manifest.model_copy(update={"client": fast}))


def call(client: Client, parent: int) -> None:
    """Make one call; a wait is waited for, a fault tried again, while the test that started this process is there."""
    while os.getppid() == parent:
        try:
            client.ask(_PATH)
            return
        except Wait as wait:
            time.sleep(max((wait.until - datetime.now(UTC)).total_seconds(), 0.02))
        except TryAgain:
            time.sleep(0.2)


def main() -> None:
    """Make the calls; each one is told on a line of its own."""
    parent = os.getppid()
    coupling, claimant, calls, lapse = sys.argv[1:]
    config = next(config for config in load_all()[0] if config.name == coupling)
    connect = connector(dsn_from_environment(), f"worker {claimant}")
    fast = hurried(config, claimant, int(lapse))
    with open_client(fast, credentials(config.connection), connect, Vault.from_environment(), "test") as client:
        for _ in range(int(calls)):
            call(client, parent)
            print("called", flush=True)


if __name__ == "__main__":
    main()
