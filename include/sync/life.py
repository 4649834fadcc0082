"""A coupling's life: only where it is active do its schedules pull and push. Every change is in the audit log.

    new ──activate──> activating ──the last step──> active <──resume── paused
     any of these ──the remote refuses the credentials──> needs_auth ──they work again──> where it was
     any of these ──deactivate──> inactive ──activate──> activating

Each function takes a connection outside a transaction, and changes state and audit log in one. Who listens on the
channel `coupling_life` hears the coupling's number.
"""

from __future__ import annotations

import dataclasses

import psycopg

from include.contract.errors import Misconfigured, Reason
from include.warehouse import activation, audit, inbox, life
from include.warehouse.life import ACTIVATING, ACTIVE, INACTIVE, NEEDS_AUTH, NEW, PAUSED, Life

PLATFORM = "the platform"
_LIVING = (NEW, ACTIVATING, ACTIVE, PAUSED)


@dataclasses.dataclass(frozen=True)
class Changed:
    """A coupling as it is now, and whether this call changed it."""

    life: Life
    now: bool

    def sentence(self) -> str:
        """Return what support reads."""
        return sentence(self.life) + ("" if self.now else ": nothing had to be changed")


def sentence(found: Life) -> str:
    """Return in which state a coupling is, since when, and at whose wish."""
    words = {
        NEW: "was never activated",
        ACTIVATING: "is being activated",
        ACTIVE: "is active",
        PAUSED: "is paused",
        NEEDS_AUTH: "needs re-authentication",
        INACTIVE: "is switched off",
    }[found.state]
    who = f" ({found.wanted_by})" if found.wanted_by else ""
    return f"{found.coupling} {words} since {found.since:%Y-%m-%d %H:%M} UTC{who}"


def next_step(found: Life) -> str:
    """Return what support does to have a coupling's schedules pull again."""
    if found.next_step and found.state in (NEEDS_AUTH, ACTIVATING):
        return found.next_step
    name = found.coupling
    return {
        NEW: f"Activate it: the button on its page, DAG activate, or ./run cli coupling activate {name}.",
        ACTIVATING: "Its schedules come on by themselves when the activation ends.",
        ACTIVE: "Nothing: its schedules are on.",
        PAUSED: f"Resume it: the button on its page, or ./run cli coupling resume {name}.",
        NEEDS_AUTH: "Put new credentials into its Airflow connection; the next scheduled run tries them by itself.",
        INACTIVE: f"Activate it again: the button on its page, DAG activate, or ./run cli coupling activate {name}.",
    }[found.state]


def refuse_inactive(connection: psycopg.Connection, coupling: str) -> Life:
    """Return a coupling's state; raises Misconfigured where it is switched off: nobody asks anything of its remote."""
    found = life.of(connection, coupling)
    if found.state == INACTIVE:
        raise Misconfigured(sentence(found), next_step=next_step(found))
    return found


def activate(connection: psycopg.Connection, coupling: str, who: str) -> Changed:
    """Begin an activation, or go on with one that stopped; its steps are in `include/sync/activation.py`."""
    return _change(connection, coupling, who, "activate", ACTIVATING, unless=(ACTIVE, ACTIVATING))


def activated(connection: psycopg.Connection, coupling: str, who: str) -> Changed:
    """End an activation: the schedules are on."""
    return _change(connection, coupling, who, "activated", ACTIVE, unless=(ACTIVE,), only=(ACTIVATING,))


def pause(connection: psycopg.Connection, coupling: str, who: str) -> Changed:
    """Let nothing be pulled or pushed by schedule; by hand it goes on working."""
    return _change(connection, coupling, who, "pause", PAUSED, unless=(PAUSED,), only=(ACTIVE, NEEDS_AUTH))


def resume(connection: psycopg.Connection, coupling: str, who: str) -> Changed:
    """Let a paused coupling pull and push again; what it missed is caught up."""
    return _change(connection, coupling, who, "resume", ACTIVE, unless=(ACTIVE,), only=(PAUSED,), catch_up=True)


def deactivate(connection: psycopg.Connection, coupling: str, who: str) -> Changed:
    """Switch a coupling off, also for runs by hand; an activation that did not end is given up."""
    return _change(connection, coupling, who, "deactivate", INACTIVE, unless=(INACTIVE,))


def auth_failed(
    connection: psycopg.Connection, coupling: str, reason: Reason, name: str | None, digest: bytes, who: str = PLATFORM
) -> list[Life]:
    """Stop a coupling whose credentials were refused, and those that share them; return the ones that this stopped.

    `name` is the object whose pull was refused; `digest` the keyed hash of the refused credentials.
    """
    with connection.transaction():
        here = life.of(connection, coupling)
        stopped = life.sharing(connection, here.connection, _LIVING)
        for found in stopped:
            shares = Reason(
                reason.error_class,
                f"{reason.text} (seen by {coupling}, with which it shares the Airflow connection '{here.connection}')",
                reason.acts,
                reason.next_step,
            )
            why = reason if found.coupling == coupling else shares
            refused = (name if found.coupling == coupling else None, digest)
            life.move(
                connection, found.coupling_id, NEEDS_AUTH, who, before=found.state, reason=why, refused=refused,
                catch_up=found.catch_up,
            )  # fmt: skip
            audit.record(
                connection, who, "auth_failed", found.coupling_id, before=found.state, error_text=why.text, object=name
            )
        return stopped


def auth_works(connection: psycopg.Connection, coupling: str, who: str) -> list[Life]:
    """Put a coupling, and those that share its credentials, back to where they were; return them as they are now.

    Those that were active owe a pull of what changed since they were stopped.
    """
    with connection.transaction():
        here = life.of(connection, coupling)
        revived = life.sharing(connection, here.connection, (NEEDS_AUTH,))
        for found in revived:
            back = found.before or ACTIVE
            life.move(connection, found.coupling_id, back, who, catch_up=back == ACTIVE)
            inbox.resume(connection, found.coupling_id)
            audit.record(connection, who, "auth_works", found.coupling_id, state=back)
        return [life.of(connection, found.coupling) for found in revived]


def _change(
    connection: psycopg.Connection,
    coupling: str,
    who: str,
    what: str,
    state: str,
    *,
    unless: tuple[str, ...],
    only: tuple[str, ...] = (),
    catch_up: bool = False,
) -> Changed:
    """Change the state, but not in the states `unless`; raises Misconfigured in a state that is not among `only`."""
    with connection.transaction():
        found = life.of(connection, coupling, hold=True)
        if found.state in unless:
            return Changed(found, now=False)
        if only and found.state not in only:
            raise Misconfigured(f"{sentence(found)}: {what} has no meaning now", next_step=next_step(found))
        life.move(connection, found.coupling_id, state, who, catch_up=catch_up)
        if state == INACTIVE:
            activation.give_up(connection, found.coupling_id)
        if state == ACTIVE:
            inbox.resume(connection, found.coupling_id)
        audit.record(connection, who, what, found.coupling_id, before=found.state, state=state)
        return Changed(life.of(connection, coupling), now=True)
