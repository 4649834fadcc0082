"""Which port a server of this checkout listens on: remembered, so that a bookmark works tomorrow."""

import json
import os
import socket
from itertools import chain
from pathlib import Path

from include.local.errors import LocalError

SPAN = 200


def choose(state: Path, name: str, preferred: int, avoid: frozenset[int] = frozenset()) -> int:
    """The port that `name` had last time, else `preferred`, else the next free one; the choice is remembered.

    Raises LocalError when none of the 200 ports after it is free.
    """
    known = remembered(state)
    wanted = known.get(name, preferred)
    taken = avoid | frozenset(port for other, port in known.items() if other != name)
    for port in chain((wanted,), range(preferred, preferred + SPAN)):
        if port not in taken and is_free(port):
            _remember(state, name, port)
            return port
    raise LocalError(f"None of the ports {preferred} to {preferred + SPAN - 1} is free for {name} on 127.0.0.1.")


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1 at this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def remembered(state: Path) -> dict[str, int]:
    """The ports by name of server; empty when nothing was started yet or the file is damaged."""
    try:
        read: object = json.loads((state / "ports.json").read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): int(port) for name, port in read.items()} if isinstance(read, dict) else {}


def _remember(state: Path, name: str, port: int) -> None:
    ports = {**remembered(state), name: port}
    draft = state / f"ports.json.{os.getpid()}"
    draft.write_text(json.dumps(ports, indent=2, sort_keys=True) + "\n")
    draft.replace(state / "ports.json")
