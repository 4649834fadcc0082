"""A worker of its own that pushes, and dies by SIGKILL at a named moment; forked from a process that has it loaded."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from typing import Any

import psycopg
import urllib3.connection

from include.contract.errors import SyncError, Wait
from include.engine import client
from include.engine.client import Client, Ready
from include.engine.ports import Credentials
from include.engine.tell import Told
from include.spec.load import CouplingConfig
from include.sync.pull import Platform
from include.sync.push import push
from include.warehouse import push_ledger as ledger
from include.warehouse.connection import connector
from include.warehouse.secrets import Vault

MOMENTS = (
    "before intent", "after intent", "during the request", "after the answer", "before confirm", "after confirm",
)  # fmt: skip


def started(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Fork a worker; all come from one process that has read the code once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=target, args=arguments)
    process.start()
    return process


def push_and_die(
    dsn: str, key: str, config: CouplingConfig, credentials: Credentials, number: str, moment: str | None, call: int
) -> None:
    """Push one order; die at the moment named, at the `call`-th call that changes something."""
    if moment is not None:
        _arm(moment, call)
    here = Platform(connector(dsn, f"push {number}"), Vault(key))
    with contextlib.suppress(SyncError):
        push(here, config, credentials, [number])


def push_all(dsn: str, key: str, config: CouplingConfig, credentials: Credentials, waits: Queue[float]) -> None:
    """Push until nothing is due. Each wait that gives the worker slot back is told, and waited for as Airflow does."""
    # Windows of a test are seconds long; in life such a wait is minutes, and no worker sits through it.
    client.SHORT_WAIT_SECONDS = 0
    here = Platform(connector(dsn, "push all"), Vault(key))
    while True:
        try:
            until = push(here, config, credentials).next_look
            if until is None:
                return
        except Wait as wait:
            until = wait.until
            waits.put((until - datetime.now(UTC)).total_seconds())
        time.sleep(max((until - datetime.now(UTC)).total_seconds(), 0.01))


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclasses.dataclass
class _Death:
    """Where the process dies: at a moment of the `call`-th call that changes something."""

    moment: str
    call: int
    told: int = 0

    def comes(self, moment: str, number: int) -> bool:
        return (self.moment, self.call) == (moment, number)


def _arm(moment: str, call: int) -> None:
    """Change the code of this process so that it dies at the moment."""
    death = _Death(moment, call)
    _arm_the_client(death)
    finish, made = ledger.finish, ledger.made

    def finishing(connection: psycopg.Connection, *arguments: Any) -> None:
        if death.comes("before confirm", death.told):
            with connection.transaction():
                finish(connection, *arguments)
                _die()
        finish(connection, *arguments)
        alone = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if alone and death.comes("after confirm", death.told):
            _die()

    def making(*arguments: Any) -> None:
        made(*arguments)
        if death.comes("after confirm", death.told):
            _die()

    ledger.finish, ledger.made = finishing, making  # type: ignore[assignment]


def _arm_the_client(death: _Death) -> None:
    ready, tell = Client.ready, Client.tell

    def getting_ready(self: Client, *arguments: Any, **named: Any) -> Ready:
        prepared = ready(self, *arguments, **named)
        if death.comes("before intent", death.told + 1):
            _die()
        return prepared

    def telling(self: Client, prepared: Ready) -> Told:
        death.told += 1
        if death.comes("after intent", death.told):
            _die()
        if death.comes("during the request", death.told):
            # The request is out, the answer is not read.
            urllib3.connection.HTTPConnection.getresponse = _die  # type: ignore[method-assign, assignment]
        answer = tell(self, prepared)
        if death.comes("after the answer", death.told):
            _die()
        return answer

    Client.ready, Client.tell = getting_ready, telling  # type: ignore[method-assign, assignment]


def join(processes: Sequence[BaseProcess], seconds: float) -> list[int | None]:
    """Wait for workers; return how each ended."""
    ends = time.monotonic() + seconds
    for process in processes:
        process.join(max(ends - time.monotonic(), 0.01))
    return [process.exitcode for process in processes]
