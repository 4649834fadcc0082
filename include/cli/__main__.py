"""`./run cli <command>`."""

from __future__ import annotations

import argparse
import logging
import sys

from include.cli import (
    api_tokens,
    approvals,
    check,
    connector,
    coupling,
    docs,
    explain,
    mapping,
    operate,
    push,
    stock,
    webhooks,
)
from include.contract.errors import SyncError

_HELP = "The platform's command line."


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    whole = argparse.ArgumentParser(prog="./run cli", description=_HELP)
    commands = whole.add_subparsers(dest="command", required=True, metavar="command")
    api_tokens.add(commands)
    approvals.add(commands)
    check.add(commands)
    connector.add(commands)
    coupling.add(commands)
    operate.add(commands)
    push.add(commands)
    stock.add(commands)
    mapping.add(commands)
    explain.add(commands)
    docs.add(commands)
    webhooks.add(commands)
    return whole


def main(arguments: list[str]) -> int:
    """Run a command; an error of the tree becomes its sentence and next step, and exit code 1."""
    chosen = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        code: int = chosen.run(chosen)
        return code
    except SyncError as error:
        for line in error.reason.lines():
            print(line, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
