"""The landed records that a child stream is called for, in the order of their keys, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from include.warehouse.connection import Connect, warehouse_faults
from include.warehouse.landing import Place

_BATCH = 500
_SEEN = (
    "record_key in (select jsonb_array_elements_text(keys) from platform.pull_pages"
    " where pull_id = %(pull)s and stream = %(stream)s)"
)
# Parents landed by an earlier pull that never finished are still owed their call.
_NEWS = (
    "pull_id in (select id from platform.pulls where coupling_id = %(coupling)s and id > coalesce((select max(done.id)"
    " from platform.pulls done join platform.pulls this on this.id = %(pull)s and done.object = this.object"
    " where done.coupling_id = %(coupling)s and done.outcome = 'succeeded'), 0))"
)
_WHICH = {"all": "true", "seen": _SEEN, "unseen": f"not {_SEEN}", "news": _NEWS}


def parents(
    connect: Connect, place: Place, where: Sequence[Mapping[str, Any]], which: str
) -> Callable[[str | None], Iterator[str]]:
    """Return a function that yields the keys of current records of `place` after a given key.

    `where`: sets of values, of which their JSON holds one. `which`: all of them, those `seen` by
    this pull, those not seen by it (`unseen`), or those that are `news`. Uses a connection of its own, because
    it is read while pages are landed.
    """
    query = sql.SQL(
        "select record_key from {} where coupling_id = %(coupling)s and superseded_at is null and gone_at is null"
        " and record_key > %(after)s and payload @> any(%(where)s::jsonb[]) and {} order by record_key limit %(batch)s"
    ).format(place.table, sql.SQL(_WHICH[which]))

    def keys(after: str | None) -> Iterator[str]:
        values: dict[str, Any] = {"coupling": place.coupling_id, "pull": place.pull_id, "stream": place.stream}
        values |= {
            "where": [Jsonb(dict(one)) for one in where],
            "batch": _BATCH,
            "after": after or "",
        }
        with warehouse_faults("reading parents"), connect() as connection:
            while batch := connection.execute(query, values).fetchall():
                for (key,) in batch:
                    yield key
                values["after"] = batch[-1][0]

    return keys
