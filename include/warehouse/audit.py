"""What people, and the platform by itself, decided about couplings."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.json import Jsonb


def record(connection: psycopg.Connection, who: str, what: str, coupling_id: int | None, **detail: Any) -> None:
    """Write down that `who` did `what`; call it in the transaction of the deed. `detail` holds no secret."""
    connection.execute(
        "insert into platform.audit (who, what, coupling_id, webshop_id, detail) values"
        " (%(who)s, %(what)s, %(coupling)s, (select webshop_id from platform.couplings where id = %(coupling)s),"
        " %(detail)s)",
        {"who": who, "what": what, "coupling": coupling_id, "detail": Jsonb(detail)},
    )
