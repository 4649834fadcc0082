"""`connector new|check|try|record`: what a developer of a connector does from a shell."""

from __future__ import annotations

import argparse
from typing import Any

from include.cli import connector_try, docs
from include.contract.errors import Misconfigured
from include.kit.checkout import Connector, connectors
from include.kit.checks import Check, guarded
from include.kit.overview import brought, lines
from include.kit.scaffold import plan, write
from include.spec.objects import OBJECTS
from include.spec.problems import nearest


def add(commands: Any) -> None:
    """Add the command with its four."""
    parser = commands.add_parser("connector", help="make, check and try connectors (docs/connector-guide.md)")
    four = parser.add_subparsers(dest="deed", required=True, metavar="new|check|try|record")
    _add_new(four)
    checking = four.add_parser("check", help="tell whether a connector is complete; exit code 1 when it is not")
    checking.add_argument("name", nargs="?")
    checking.add_argument("--all", action="store_true", help="every connector")
    checking.set_defaults(run=_check)
    connector_try.add(four)


def _add_new(four: Any) -> None:
    parser = four.add_parser("new", help="scaffold a connector that works: then change it, piece by piece")
    parser.add_argument("name", help="a-z, 0-9 and _; the folder in connectors/")
    parser.add_argument("--title", required=True, help="the system's name as people write it")
    parser.add_argument("--docs", default="https://example.com", help="address of the API's documentation")
    parser.add_argument("--auth", required=True, choices=plan.AUTHS)
    parser.add_argument("--paging", required=True, choices=plan.PAGINGS)
    parser.add_argument("--objects", required=True, help=f"with commas between, of {', '.join(OBJECTS)}")
    parser.set_defaults(run=_new)


def _new(chosen: argparse.Namespace) -> int:
    objects = tuple(name.strip() for name in chosen.objects.split(",") if name.strip())
    made = plan.Plan(chosen.name, chosen.title, chosen.docs, chosen.auth, chosen.paging, objects)
    for path in write.scaffold(made):
        print(f"written  {path}")
    docs.run(argparse.Namespace(check=False))
    print(f"\nIt works as it stands. See it: ./run cli connector check {made.name}")
    print(f"                               ./run cli connector try {made.name} {made.streams[0]} --sandbox")
    print("Then change it: manifest, sandbox, staging, mapping (docs/connector-guide.md).")
    return 0


def _check(chosen: argparse.Namespace) -> int:
    names = {connector.name: connector for connector in connectors()}
    if not chosen.all and chosen.name not in names:
        message = f"there is no connector '{chosen.name or ''}'.{nearest(chosen.name or '', names)}"
        raise Misconfigured(message, next_step="Name one, or give --all.")
    wanted = list(names.values()) if chosen.all else [names[chosen.name]]
    red = {connector.name: _show(connector) for connector in wanted}
    if len(red) > 1:
        bad = [f"{name} ({count})" for name, count in red.items() if count]
        print(
            f"{len(red)} connectors, {len(red) - len(bad)} of them all green{', red: ' if bad else ''}{', '.join(bad)}"
        )
    return int(any(red.values()))


def _show(connector: Connector) -> int:
    """Print a connector's objects, checks and lines; return how many findings are red."""
    checks = guarded(connector)
    red = sum(len(check.red) for check in checks)
    if any(check.what == "the manifest is right" and not check.red for check in checks):
        print(f"{connector.name}: {connector.manifest.title}")
        for found in brought(connector.manifest):
            reads = f" (reads {', '.join(found.reads)})" if found.reads else ""
            print(f"  {found.name:<21} {' | '.join(found.modes):<46} {', '.join(found.streams)}{reads}")
    else:
        print(connector.name)
    for check in checks:
        _show_check(check)
    print(f"  {lines(connector).sentence()}\n")
    return red


def _show_check(check: Check) -> None:
    where = f"{check.findings[0].file}:{check.findings[0].line}" if check.findings else ""
    count = f", {len(check.findings)} looked at" if len(check.findings) > 1 else ""
    if check.red:
        print(f"  RED    {check.what}: {len(check.red)} of {len(check.findings)}")
        for finding in check.red:
            print(f"           {finding}")
    elif check.findings:
        print(f"  green  {check.what} ({where}{count})")
