"""A sender of webhooks that costs as little as possible: plain HTTP/1.1 over so many connections, all at once."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections import deque
from collections.abc import Mapping, Sequence

_PAUSE_SECONDS = 0.2


@dataclasses.dataclass(frozen=True)
class Delivery:
    """One request, ready to be sent."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def head(self) -> bytes:
        """Return the request's head."""
        lines = [f"POST {self.path} HTTP/1.1", "Host: receiver", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclasses.dataclass(frozen=True)
class Answered:
    """The last answer to a delivery, the seconds that the answered try took, and how many tries it needed."""

    status: int
    seconds: float
    tries: int


def send_all(port: int, deliveries: Sequence[Delivery], connections: int, patience: float = 60.0) -> list[Answered]:
    """Send to 127.0.0.1; repeat what is answered 429 or 5xx or not at all, as remotes do, for `patience` seconds."""
    return asyncio.run(_send_all(port, deliveries, connections, patience))


async def _send_all(port: int, deliveries: Sequence[Delivery], connections: int, patience: float) -> list[Answered]:
    answers: list[Answered | None] = [None] * len(deliveries)
    waiting = deque(range(len(deliveries)))
    deadline = time.monotonic() + patience

    async def one() -> None:
        line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while waiting:
            place = waiting.popleft()
            status, seconds, tries = 0, 0.0, 0
            while not 200 <= status < 429:
                if tries:
                    await asyncio.sleep(_PAUSE_SECONDS)
                tries += 1
                begun = time.perf_counter()
                try:
                    line = line or await asyncio.open_connection("127.0.0.1", port)
                    status = await asyncio.wait_for(_send(*line, deliveries[place]), 15)
                except (OSError, asyncio.IncompleteReadError, TimeoutError):
                    if line:
                        line[1].close()
                    line, status = None, 0
                seconds = time.perf_counter() - begun
                if time.monotonic() > deadline:
                    break
            answers[place] = Answered(status, seconds, tries)
        if line:
            line[1].close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return [answer for answer in answers if answer is not None]


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delivery: Delivery) -> int:
    writer.write(delivery.head() + delivery.body)
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    place = lowered.find(b"content-length:")
    if place >= 0:
        await reader.readexactly(int(lowered[place + 15 : lowered.index(b"\r\n", place)]))
    return int(head[9:12])
