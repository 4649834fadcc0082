"""`api-token create|list|revoke`: who may use the service's API under /v1."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import Any

from include.warehouse import api_tokens
from include.warehouse.connection import Connect, connector, dsn_from_environment


def add(commands: Any) -> None:
    """Add the command with what it does."""
    parser = commands.add_parser("api-token", help="tokens of the service's API (/v1): create, list, revoke")
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="deed")
    create = deeds.add_parser("create", help="make a token; it is shown this once")
    create.add_argument("name", help="who uses it, e.g. optiply")
    create.add_argument("--scope", action="append", required=True, choices=api_tokens.SCOPES, dest="scopes")
    only = create.add_mutually_exclusive_group(required=True)
    only.add_argument("--webshop", help="the only webshop that it opens")
    only.add_argument("--all-webshops", action="store_true")
    create.add_argument("--days", type=_days, default=365, help="how long it is valid (365)")
    create.set_defaults(run=_create)
    deeds.add_parser("list", help="show all tokens, without the secret").set_defaults(run=_list)
    revoke = deeds.add_parser("revoke", help="end a token at once")
    revoke.add_argument("name")
    revoke.set_defaults(run=_revoke)


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= 3650:
        raise argparse.ArgumentTypeError("between 1 and 3650")
    return days


def _warehouse() -> Connect:
    return connector(dsn_from_environment(), "cli api-token")


def _create(chosen: argparse.Namespace) -> int:
    until = datetime.now(UTC) + timedelta(days=chosen.days)
    with _warehouse()() as connection:
        token = api_tokens.create(connection, chosen.name, chosen.scopes, chosen.webshop, until)
    print(token)
    print(f"Valid until {until:%Y-%m-%d}. Keep it now: it is not shown again.")
    return 0


def _list(_chosen: argparse.Namespace) -> int:
    with _warehouse()() as connection:
        for token in api_tokens.listed(connection):
            used = f"last used {token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
            ended = f"revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else f"until {token.expires_at:%Y-%m-%d}"
            scopes = ", ".join(token.scopes)
            print(f"{token.name:<24} {token.webshop or 'all webshops':<20} {scopes:<34} {ended}, {used}")
    return 0


def _revoke(chosen: argparse.Namespace) -> int:
    with _warehouse()() as connection:
        ended = api_tokens.revoke(connection, chosen.name)
    print(f"{chosen.name} is revoked" if ended else f"there is no token '{chosen.name}' that still works")
    return int(not ended)
