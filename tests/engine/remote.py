"""A remote on a real socket that answers what a test tells it to, and remembers what it was asked."""

import dataclasses
import http.server
import json
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

DATE = "Wed, 20 May 2026 08:00:00 GMT"


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]
    target: str
    body: str = ""


@dataclasses.dataclass(frozen=True)
class Reply:
    """`cut`: the connection breaks after half of the body."""

    body: bytes = b"[]"
    status: int = 200
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    cut: bool = False


def as_json(data: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(json.dumps(data).encode(), status, {name.replace("_", "-"): value for name, value in headers.items()})


class Remote:
    """Set `answer` to a function of the request, or to a list of replies that are given in turn (the last for ever)."""

    def __init__(self) -> None:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"
        self.reset()

    def reset(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[Request], Reply] | list[Reply] = [Reply()]

    def reply_to(self, request: Request) -> Reply:
        self.requests.append(request)
        if callable(self.answer):
            return self.answer(request)
        return self.answer.pop(0) if len(self.answer) > 1 else self.answer[0]

    def asked(self, name: str) -> list[str]:
        """The values of a query parameter in the order of the requests."""
        return [request.query.get(name, "") for request in self.requests]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler_of(remote: Remote) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 65536

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            request = Request(
                self.command, parts.path, query, dict(self.headers), dict(parse_qsl(body)), self.path, body
            )
            reply = remote.reply_to(request)
            self.send_response_only(reply.status)
            for name, value in {"Date": DATE, "Content-Length": str(len(reply.body)), **reply.headers}.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
            self.wfile.flush()
            if reply.cut:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

        do_GET = do_POST = _serve  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """The tests' output is not this server's log."""

    return Handler
