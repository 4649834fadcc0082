"""Calls that failed: kept for some days, so that support sees what the remote really said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb


def keep(connection: psycopg.Connection, coupling: str, operation: str, call: Mapping[str, Any]) -> None:
    """Keep a call of a coupling; `call` has method, address, status, headers, body, milliseconds and the error."""
    connection.execute(
        "insert into platform.http_details (coupling_id, operation, method, address, status, headers, body,"
        " milliseconds, error_class, error_text) select id, %(operation)s, %(method)s, %(address)s, %(status)s,"
        " %(headers)s, %(body)s, %(milliseconds)s, %(error_class)s, %(error_text)s from platform.couplings"
        " where name = %(coupling)s",
        {**call, "headers": Jsonb(dict(call["headers"])), "coupling": coupling, "operation": operation},
    )


def latest(connection: psycopg.Connection, coupling: str, limit: int = 20) -> list[dict[str, Any]]:
    """Return a coupling's latest failing calls, newest first."""
    with connection.cursor(row_factory=dict_row) as rows:
        return rows.execute(
            "select h.id, h.at, h.operation, h.method, h.address, h.status, h.headers, h.body, h.milliseconds,"
            " h.error_class, h.error_text from platform.http_details h"
            " join platform.couplings c on c.id = h.coupling_id where c.name = %s order by h.id desc limit %s",
            [coupling, limit],
        ).fetchall()
