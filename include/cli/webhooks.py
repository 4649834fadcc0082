"""`webhooks …`: what remotes sent and what became of it; how they are told where to send."""

from __future__ import annotations

import argparse
from typing import Any

from include.cli import webhook_registrations
from include.warehouse import inbox
from include.warehouse.connection import Connect, connector, dsn_from_environment


def add(commands: Any) -> None:
    """Add the command with what it does."""
    parser = commands.add_parser("webhooks", help="what remotes send by themselves")
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="deed")
    events = deeds.add_parser("events", help="show the latest events")
    events.add_argument("coupling", nargs="?", help="e.g. velodrome__woocommerce; left out = all")
    events.add_argument("--state", choices=["waiting", "done", "poison"])
    events.add_argument("--limit", type=int, default=30)
    events.set_defaults(run=_events)
    again = deeds.add_parser("replay", help="work on events again: those named, or all poison of a coupling")
    again.add_argument("coupling", nargs="?", help="all poison of this coupling")
    again.add_argument("--event", type=int, action="append", default=[], metavar="NUMBER", help="this event")
    again.set_defaults(run=_replay)
    status = deeds.add_parser("status", help="show what waits, since when, and what was set aside")
    status.set_defaults(run=_status)
    webhook_registrations.add(deeds)


def warehouse() -> Connect:
    """Return the way to the warehouse that WAREHOUSE_... names."""
    return connector(dsn_from_environment(), "cli webhooks")


def _events(chosen: argparse.Namespace) -> int:
    with warehouse()() as connection:
        for event in inbox.latest(connection, chosen.coupling, chosen.state, chosen.limit):
            about = f"{(event['object'] or '?').replace('_', ' ')} {event['remote_id'] or ''}"
            print(f"{event['id']:>8}  {event['received_at']:%Y-%m-%d %H:%M:%S}  {event['coupling']:<28}"
                  f" {event['topic']:<28} {about:<36} {event['state']}")  # fmt: skip
            if event["reason"]:
                until = f"; next try {event['waits_until']:%H:%M:%S}" if event["waits_until"] else ""
                print(f"          {event['attempts']} tries: {event['reason']}{until}")
    return 0


def _replay(chosen: argparse.Namespace) -> int:
    with warehouse()() as connection:
        number = inbox.replay(connection, chosen.coupling, chosen.event)
    print(f"{number} events wait again")
    return int(number == 0)


def _status(_chosen: argparse.Namespace) -> int:
    with warehouse()() as connection:
        for found in inbox.backlog(connection):
            age = f", the oldest for {found.oldest_seconds:.0f} s" if found.waiting else ""
            print(f"{found.coupling:<28} {found.waiting:>6} waiting{age}; {found.poison} set aside")
            if found.pause:
                print(f"    paused: {found.pause}")
    return 0
