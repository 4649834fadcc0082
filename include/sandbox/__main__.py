"""Run one sandbox: python -m include.sandbox <connector> --port 8101 --seed 7 --size 200 --orders 300."""

from __future__ import annotations

import argparse
import contextlib
import threading
from datetime import UTC, datetime
from pathlib import Path

from include.sandbox.server import serve


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m include.sandbox", description=__doc__)
    parser.add_argument("connector", help="folder in connectors/, for example woocommerce")
    parser.add_argument("--port", type=int, default=0, help="default: any free port")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", type=int, default=200, help="articles in the catalogue")
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--state", type=Path, help="file that keeps the world across restarts")
    parser.add_argument("--start", type=_time, help="let the clock stand still at this ISO time")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the system")
    given = parser.parse_args()
    settings = dict(pair.split("=", 1) for pair in given.set)
    with serve(
        given.connector,
        port=given.port,
        seed=given.seed,
        size=given.size,
        orders=given.orders,
        state=given.state,
        start=given.start,
        settings=settings,
    ) as running:
        print(f"{given.connector} sandbox at {running.url}, admin at {running.url}/__sandbox/state", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
