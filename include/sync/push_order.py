"""Bring one buy order to the remote, and write down how it stands afterwards, whatever happens."""

from __future__ import annotations

from datetime import timedelta

import psycopg

from include.contract.errors import DEVELOPER, AuthRefused, GiveUp, Misconfigured, Reason, SyncError
from include.engine.client import Client
from include.engine.redact import redact
from include.spec.load import CouplingConfig
from include.spec.push import Push
from include.sync import push_words as words
from include.sync.push_case import Case
from include.sync.push_change import follow
from include.sync.push_create import ensure_made
from include.sync.push_words import Ends, Stops
from include.warehouse import push_ledger as ledger
from include.warehouse.push_ledger import Order
from include.warehouse.push_wanted import is_assembly, wanted


def push_order(
    connection: psycopg.Connection,
    client: Client,
    config: CouplingConfig,
    section: Push,
    order: Order,
    secrets: list[str],
) -> str:
    """Push an order whose lock is held and return its state.

    Raises what is no fault of the order: a limit, credentials, no connection, our own database. The order waits then.
    """
    timeout = timedelta(seconds=config.manifest.client.timeout)
    kind = order.kind if order.kind and _is_there(connection, order) else None
    kind = kind or section.kind_of(config.settings, assembly=is_assembly(connection, order.id))
    push = section.made_by(kind)
    wish = wanted(connection, order.id, merged=push.merge_lines)
    case = Case(connection, client, push, kind, config.manifest.title, timeout, order, wish)
    try:
        follow(case, ensure_made(case))
        end = Ends("cancelled" if wish.is_cancelled else "sent", None)
    except Ends as early:
        end = early
    except Stops as stop:
        _wait(case, stop.error)
        raise stop.error from None
    except AuthRefused as error:
        _wait(case, error)
        raise
    except (GiveUp, Misconfigured) as error:
        end = words.refused(error, case.title, case.order.reference)
    except SyncError as error:
        _wait(case, error)
        raise
    except psycopg.Error:
        # Our own database: the caller names it, and what was intended is looked up by the next run.
        raise
    except Exception as error:
        end = _bug(case, f"{type(error).__name__}: {redact(str(error), secrets)}")
    ledger.settle(connection, case.order, end.state, end.reason, end.until)
    return end.state


def _is_there(connection: psycopg.Connection, order: Order) -> bool:
    """Return whether the remote has the order, or may have it: it stays what it was when it was tried."""
    tried = (step for step in ledger.steps(connection, order.id) if step.step == "create")
    return order.remote_id is not None or any(step.outcome != "refused" for step in tried)


def _wait(case: Case, error: SyncError) -> None:
    """Keep the order for the next run, with the reason why this one stopped."""
    state = "unknown" if _is_open(case) else "waiting"
    ledger.settle(case.connection, case.order, state, error.reason, None)


def _bug(case: Case, what: str) -> Ends:
    """Set an order aside that our own code cannot bring through, so that the others go on."""
    reason = Reason("our bug", what, DEVELOPER, "Send this task's log to a developer; then send the order again.")
    return Ends("parked" if _is_open(case) else "rejected", reason)


def _is_open(case: Case) -> bool:
    return any(step.is_open for step in ledger.steps(case.connection, case.order.id))
