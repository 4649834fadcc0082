"""Starts the receiver of webhooks beside Airflow and tells when it is healthy."""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

from include.local.children import Child, Children
from include.local.errors import LocalError

HEALTHY_SECONDS = 60


def environment(port: int) -> dict[str, str]:
    """What the receiver reads; it listens on loopback."""
    return {"OPTIPLY_RECEIVER_HOST": "127.0.0.1", "OPTIPLY_RECEIVER_PORT": str(port)}


def local_address(port: int) -> dict[str, str]:
    """What remotes on this machine are told as the receiver's public address."""
    return {"OPTIPLY_WEBHOOK_ADDRESS": f"http://127.0.0.1:{port}"}


def start(children: Children, environ: Mapping[str, str]) -> Child:
    """Starts it; it waits for nobody."""
    return children.start("receiver", [sys.executable, "-m", "include.receiver"], environ)


def wait_until_healthy(address: str, children: Children) -> None:
    """Returns when it can store events. Raises LocalError when it ends, or after 60 s."""
    deadline = time.monotonic() + HEALTHY_SECONDS
    while not is_healthy(address):
        children.check()
        if time.monotonic() > deadline:
            raise LocalError(f"The receiver at {address} was not healthy after {HEALTHY_SECONDS} s.")
        time.sleep(0.1)


def is_healthy(address: str) -> bool:
    """Whether it answers and reaches PostgreSQL."""
    # The default opener would send a loopback address through a proxy of the environment.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
