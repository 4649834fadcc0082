"""Somebody who listens where remotes send their events; the conftest files of two folders take these."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.registrations.ground import Heard, Listener


@pytest.fixture(scope="session")
def somebody() -> Iterator[Listener]:
    """Somebody at an address, who answers what the test wants."""
    heard = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status = heard.answer
            heard.heard.append(Heard(self.path, dict(self.headers.items()), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    heard.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield heard
    server.shutdown()
    server.server_close()


@pytest.fixture
def listener(somebody: Listener) -> Listener:
    """The same for one test: nothing heard, and friendly."""
    somebody.heard.clear()
    somebody.answer = 200
    return somebody
