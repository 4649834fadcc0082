"""Put what has landed into the news again: the next transform maps it anew, and no remote is asked."""

from __future__ import annotations

from collections.abc import Collection

import psycopg
from psycopg import sql

from include.spec.manifest import Manifest
from include.warehouse.registry import coupling_id


def replay(
    connection: psycopg.Connection, coupling: str, manifest: Manifest, objects: Collection[str] | None = None
) -> dict[str, int]:
    """Put every landed root of a coupling into the news; return how many, by object (None = of all objects)."""
    ids = coupling_id(connection, coupling)
    roots = {}
    for name in manifest.objects:
        streams = [stream for stream in manifest.streams if name in manifest.feeds(stream)]
        if streams and (objects is None or name in objects):
            landed = sql.SQL(" union ").join(_roots(manifest.connector, stream) for stream in streams)
            query = sql.SQL(
                "insert into platform.news (webshop_id, coupling_id, object, root_key)"
                " select %(webshop)s, %(coupling)s, %(object)s, root_key from ({}) as roots"
            ).format(landed)
            values = {"webshop": ids.webshop_id, "coupling": ids.coupling_id, "object": name}
            roots[str(name)] = connection.execute(query, values).rowcount
    return roots


def _roots(connector: str, stream: str) -> sql.Composed:
    return sql.SQL("select root_key from {} where coupling_id = %(coupling)s and superseded_at is null").format(
        sql.Identifier("staging", f"{connector}__{stream}")
    )
