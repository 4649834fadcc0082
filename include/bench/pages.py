"""A remote that costs as little as possible: pages of 1 KB records from a template. Runs as a process."""

from __future__ import annotations

import contextlib
import multiprocessing
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import requests
import uvicorn

_FILLER = "x" * 700
_RECORD = (
    '{"id":%d,"date_modified_gmt":"2026-05-20T08:00:00","sku":"SKU-%d","name":"Oak chair \\"%d\\" \\u20ac",'
    '"price":"89.95",'
    '"stock_quantity":37,"status":"publish","manage_stock":true,"weight":"4.5","tags":["a","b"],"meta":{"note":"'
    + _FILLER
    + '"},"changed":%d}'
)
RECORD_BYTES = len(_RECORD)


def page(first: int, last: int, version: int = 0) -> bytes:
    """Return records first..last-1 as a JSON list."""
    return ("[" + ",".join(_RECORD % (n, n, n, version) for n in range(first, last)) + "]").encode()


async def _app(
    scope: dict[str, Any], _receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    if scope["type"] != "http":
        return
    query = {key: int(values[0]) for key, values in parse_qs(scope["query_string"].decode()).items()}
    number, size, total = query.get("page", 1), query["per_page"], int(scope["path"].rsplit("/", 1)[1])
    body = page((number - 1) * size, min(number * size, total))
    pages = -(-total // size)
    headers = [(b"content-type", b"application/json"), (b"x-wp-totalpages", str(pages).encode())]
    headers += [(b"x-wp-total", str(total).encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _serve(port: int) -> None:
    uvicorn.run(_app, host="127.0.0.1", port=port, log_level="critical", access_log=False, lifespan="off")


@contextlib.contextmanager
def remote() -> Iterator[str]:
    """Run the remote; yields its address. `/<total>?page=&per_page=` answers a page of `total` records."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(port,), daemon=True)
    process.start()
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{address}/1?per_page=1")
        yield address
    finally:
        process.terminate()
        process.join()


def _wait(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
