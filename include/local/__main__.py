"""`python -m include.local <command>`: what `./run` hands over to."""

import importlib
import sys
from importlib.util import find_spec

from include.local.errors import LocalError

# Command -> module and function. Imported when called: `./run down` need not wait for what `./run test` imports.
COMMANDS = {
    "up": ("include.local.supervisor", "up"),
    "down": ("include.local.supervisor", "down"),
    "prepare": ("include.local.supervisor", "prepare"),
    "init": ("include.local.deploy", "init"),
    "demo": ("include.demo.main", "main"),
    "bench": ("include.bench.main", "main"),
    "test": ("include.local.testing", "main"),
    "check": ("include.local.checks", "main"),
    "cli": ("include.local.shells", "cli"),
    "psql": ("include.local.shells", "psql"),
    "lock": ("include.local.shells", "lock"),
}


def main(arguments: list[str]) -> int:
    """Runs the command; a LocalError becomes its sentence and exit code 1."""
    if not arguments or arguments[0] not in COMMANDS:
        print(f"run: one of {', '.join(sorted(COMMANDS))} is needed.", file=sys.stderr)
        return 2
    module, function = COMMANDS[arguments[0]]
    try:
        if find_spec(module) is None:
            raise LocalError(f"'{arguments[0]}' is not part of this checkout: there is no {module}.")
        code: int = getattr(importlib.import_module(module), function)(arguments[1:])
        return code
    except LocalError as error:
        print(f"run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
