"""A person's answer about deletions: takes effect once, whoever gives it, in the Airflow UI or on the command line."""

from __future__ import annotations

import dataclasses

import psycopg

from include.contract.errors import Misconfigured
from include.spec.load import load_manifest
from include.warehouse import approvals, audit, snapshot
from include.warehouse.approvals import Approval
from include.warehouse.connection import Connect, warehouse_faults
from include.warehouse.landing import Place, hold

_DEEDS = {"approved": "approve", "refused": "refuse", "expired": "expire"}


@dataclasses.dataclass(frozen=True)
class Decided:
    """An approval as it stands now, and whether this call decided it."""

    approval: Approval
    now: bool

    def sentence(self) -> str:
        """Return what support reads."""
        found = self.approval
        what = found.object.replace("_", " ")
        name = f"approval {found.id} of {found.title}, {what} ({found.stream})"
        if found.state == "waiting":
            return f"{name} waits until {found.expires_at:%Y-%m-%d %H:%M} UTC"
        told = {
            "approved": f"{found.deleted} of {found.missing} records deleted{self._came_back()}",
            "refused": f"all {found.missing} records kept; asked again only when others are missing as well",
            "expired": f"nobody answered, all {found.missing} records kept; the next pull of everything asks anew",
            "overtaken": f"nothing deleted, because a newer pull of everything replaced it: {found.decided_by}",
        }[found.state]
        when = f"{found.decided_at:%Y-%m-%d %H:%M} UTC"
        already = "" if self.now else "was decided already: "
        by = "" if found.state in ("expired", "overtaken") else f", by {found.decided_by}"
        return f"{name} {already}{found.state} at {when}{by}: {told}"

    def _came_back(self) -> str:
        kept = self.approval.missing - self.approval.deleted
        return f", {kept} kept: the remote has them again, or they were gone before" if kept else ""


def approve(connect: Connect, approval_id: int, by: str) -> Decided:
    """Delete exactly the listed records that have not come back. A second call does nothing."""
    return _decide(connect, approval_id, "approved", by)


def refuse(connect: Connect, approval_id: int, by: str) -> Decided:
    """Keep the listed records, also at later pulls, until a pull of everything misses others as well."""
    return _decide(connect, approval_id, "refused", by)


def expire(connect: Connect, approval_id: int) -> Decided:
    """Keep the listed records; the next pull of everything asks anew."""
    return _decide(connect, approval_id, "expired", "nobody")


def _decide(connect: Connect, approval_id: int, state: str, by: str) -> Decided:
    with warehouse_faults("deciding about deletions"), connect() as connection, connection.transaction():
        place = _place(approvals.one(connection, approval_id))
        # Nothing of the stream lands, and no pull of everything settles it, between the look and the deed.
        hold(connection, place)
        found = approvals.one(connection, approval_id)
        if found.state != "waiting":
            return Decided(found, now=False)
        return Decided(_close(connection, place, found, "expired" if found.is_late else state, by), now=True)


def _close(connection: psycopg.Connection, place: Place, found: Approval, state: str, by: str) -> Approval:
    deleted = snapshot.remove_listed(connection, place, found.id) if state == "approved" else 0
    approvals.decide(connection, found.id, state, "nobody" if state == "expired" else by, deleted)
    audit.record(connection, by, _DEEDS[state], found.coupling_id, approval=found.id, deleted=deleted)
    return approvals.one(connection, found.id)


def _place(found: Approval) -> Place:
    manifest = load_manifest(found.connector)
    if found.stream not in manifest.streams:
        raise Misconfigured(
            f"approval {found.id} is about {found.stream}, which {manifest.title} has no more",
            next_step="Nothing to do: it expires by itself, and nothing is deleted.",
        )
    return Place(
        webshop_id=found.webshop_id,
        coupling_id=found.coupling_id,
        connector=found.connector,
        stream=found.stream,
        objects=tuple(manifest.feeds(found.stream)),
        pull_id=found.pull_id,
        rooted=manifest.streams[found.stream].root is not None,
    )
