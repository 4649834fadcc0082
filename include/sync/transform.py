"""Map the news: claim what landed, one dbt invocation for everything, and on failure webshop by webshop.

The batch survives a crash: what was claimed and not finished is claimed again by the next transform.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Sequence

import psycopg

from include.contract.errors import PlatformBug, SyncError
from include.warehouse import batch
from include.warehouse.connection import Connect, warehouse_faults

log = logging.getLogger(__name__)
RunDbt = Callable[[Sequence[str]], None]
"""Runs the models for news of some objects; raises an error of the tree naming the model that failed."""


@dataclasses.dataclass(frozen=True)
class Transformed:
    """A finished transform: how many roots it mapped and what that changed, per coupling and object."""

    transform_id: int | None
    roots: int
    changes: Sequence[batch.Change]

    def sentence(self) -> str:
        """Return what support reads."""
        if not self.roots:
            return "nothing to map"
        written = sum(change.inserted + change.updated + change.deleted for change in self.changes)
        return f"{self.roots} changed roots mapped, {written} Optiply rows written"


def transform(connect: Connect, run_dbt: RunDbt) -> Transformed:
    """Map everything that landed and is not mapped yet. Raises an error of the tree when a webshop cannot be mapped."""
    with warehouse_faults("transforming"), connect() as connection, batch.locked(connection) as free:
        if not free:
            log.info("Another transform is running; it or the next one maps the news.")
            return Transformed(None, 0, [])
        roots = batch.claim(connection)
        if not roots:
            return Transformed(None, 0, [])
        transform_id = batch.open_transform(connection, roots)
        try:
            _map(connection, transform_id, run_dbt)
        except SyncError as error:
            batch.close_transform(connection, transform_id, "failed", error.reason)
            raise
        batch.close_transform(connection, transform_id, "succeeded", None)
        return Transformed(transform_id, roots, batch.changes(connection, transform_id))


def _map(connection: psycopg.Connection, transform_id: int, run_dbt: RunDbt) -> None:
    try:
        run_dbt(batch.objects(connection))
        batch.finish(connection, transform_id)
        return
    except SyncError as error:
        webshops = batch.webshops(connection)
        if len(webshops) < 2:
            batch.fail(connection, transform_id, error.reason)
            raise
        log.warning("The batch of %d webshops failed, mapping each on its own: %s", len(webshops), error)
    failed: list[str] = []
    for webshop_id, name in webshops:
        batch.take_only(connection, webshop_id)
        try:
            run_dbt(batch.objects(connection))
            batch.finish(connection, transform_id)
        except SyncError as error:
            batch.fail(connection, transform_id, error.reason)
            log.error("Webshop %s could not be mapped: %s", name, error)
            failed.append(f"{name}: {error}")
    batch.take_only(connection, None)
    if failed:
        raise PlatformBug("; ".join(failed), next_step="Send this log to a developer; all other webshops are mapped.")
