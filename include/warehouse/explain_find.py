"""Which record of a webshop a person means by a key: a remote id, Optiply's id, a SKU, an EAN, an order's number."""

from __future__ import annotations

import dataclasses
from typing import Any

import psycopg
from psycopg import errors, sql
from psycopg.rows import dict_row

from include.contract.errors import Misconfigured
from include.spec.load import connector_names, load_manifest
from include.spec.problems import nearest
from include.spec.tables import TABLES

MOST = 20
# Numbers by which people know a record and which no table has a column for. Looked for in the documents themselves.
_NUMBERS = "(number|code|sku|ean|gtin|barcode|reference|id)$"
_SEARCH_MILLISECONDS = 10_000


@dataclasses.dataclass(frozen=True)
class Hit:
    """A record that the key may mean; `by` says what of it is the key, `place` how far it came."""

    coupling: str
    remote_id: str
    root_key: str | None
    by: str
    place: str


@dataclasses.dataclass(frozen=True)
class Scope:
    """Where to look: a webshop's couplings and one Optiply table, in the words of the database."""

    connection: psycopg.Connection
    webshop: str
    webshop_id: int
    table: str
    couplings: dict[int, tuple[str, str]]
    """Name and connector by number."""

    @property
    def object(self) -> str:
        """The object that the table belongs to."""
        return next(name for name, tables in TABLES.items() if self.table in tables)

    @property
    def unioned(self) -> sql.Identifier:
        """The mapped rows of the table."""
        return sql.Identifier("mapping", f"int_{self.table}__unioned")

    def rows(self, query: str | sql.Composed, **values: Any) -> list[dict[str, Any]]:
        """Run a query; `couplings` and `webshop` are given besides `values`."""
        known = {"couplings": list(self.couplings), "webshop": self.webshop_id}
        text = query.encode() if isinstance(query, str) else query
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(text, known | values).fetchall()

    def exists(self, relation: str) -> bool:
        """Tell whether a table is there: one that dbt makes is not before the first deploy."""
        return bool(self.rows("select to_regclass(%(name)s) is not null as found", name=relation)[0]["found"])

    def streams(self, coupling_id: int) -> list[str]:
        """Return the streams whose records make this object of a coupling, in the manifest's order."""
        connector = self.couplings[coupling_id][1]
        if connector not in connector_names():
            return []
        manifest = load_manifest(connector)
        named = [stream for stream in manifest.streams if self.object in manifest.feeds(stream)]
        return [stream for stream in named if self.exists(f"staging.{connector}__{stream}")]

    def landing(self, coupling_id: int, stream: str) -> sql.Identifier:
        """Return the landing table of a coupling's stream."""
        return sql.Identifier("staging", f"{self.couplings[coupling_id][1]}__{stream}")


def scope(connection: psycopg.Connection, webshop: str, table: str) -> Scope:
    """Return where to look. Raises Misconfigured for a webshop or table that does not exist."""
    names = [name for tables in TABLES.values() for name in tables]
    if table not in names:
        raise Misconfigured(f"there is no object '{table}'.{nearest(table, names)}", next_step="Correct the call.")
    with connection.cursor(row_factory=dict_row) as cursor:
        shops = {row["name"]: row["id"] for row in cursor.execute("select name, id from platform.webshops")}
        if webshop not in shops:
            message = f"the warehouse knows no webshop '{webshop}'.{nearest(webshop, shops)}"
            raise Misconfigured(message, next_step="Correct the call.")
        found = cursor.execute(
            "select id, name, connector from platform.couplings where webshop_id = %s", [shops[webshop]]
        )
        couplings = {row["id"]: (row["name"], row["connector"]) for row in found}
    return Scope(connection, webshop, shops[webshop], table, couplings)


def find(where: Scope, key: str) -> tuple[list[Hit], list[str]]:
    """Return what the key may mean, at most 20, and the streams whose documents could not all be read.

    Tables are read through only where no index finds anything.
    """
    unread: list[str] = []
    hits = _stored(where, key, "deleted_at is null") + _mapped(where, key, "remote_id") + _aside(where, key)
    hits = hits or _mapped(where, key, "root_key") + _landed(where, key)
    hits = hits or _stored(where, key, "true") + _mapped_by_code(where, key)
    hits = hits or _numbered(where, key, unread)
    first: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        first.setdefault((hit.coupling, hit.remote_id), hit)
    return list(first.values())[:MOST], unread


def _stored(where: Scope, key: str, among: str) -> list[Hit]:
    """Look into the Optiply table; codes only `among` the rows that an index holds, at first."""
    place = sql.Identifier("optiply", where.table)
    parts = ["select coupling_id, remote_id, 'remote id' as by from {} where coupling_id = any(%(couplings)s)"
             " and remote_id = %(key)s"]  # fmt: skip
    if key.isascii() and key.isdigit() and len(key) < 19:
        # What Optiply placed and no remote has confirmed is made of no record.
        parts.append("select coupling_id, remote_id, 'Optiply id' from {} where webshop_id = %(webshop)s"
                     " and optiply_id = %(number)s and remote_id is not null")  # fmt: skip
    parts += [f"select coupling_id, remote_id, '{name}' from {{}} where webshop_id = %(webshop)s and {among}"
              f" and platform.{function}({column}) = platform.{function}(%(key)s)"
              for name, function, column in _codes(where)]  # fmt: skip
    query = sql.SQL(" union all ").join(sql.SQL(part).format(place) for part in parts) + sql.SQL(" limit 40")
    number = int(key) if len(parts) > 1 and key.isascii() and key.isdigit() else None
    return [
        Hit(where.couplings[row["coupling_id"]][0], row["remote_id"], None, row["by"], "Optiply")
        for row in where.rows(query, key=key, number=number)
    ]


def _codes(where: Scope) -> list[tuple[str, str, str]]:
    if where.table not in ("products", "supplier_products"):
        return []
    return [("SKU", "sku", "sku_code"), ("EAN", "gtin", "ean_code")]


def _mapped(where: Scope, key: str, column: str) -> list[Hit]:
    if not where.exists(f"mapping.int_{where.table}__unioned"):
        return []
    query = sql.SQL(
        "select coupling_id, remote_id, root_key, %(by)s as by from {} where coupling_id = any(%(couplings)s)"
        " and {} = %(key)s limit 20"
    ).format(where.unioned, sql.Identifier(column))
    by = "remote id" if column == "remote_id" else "key of the record it is part of"
    return [_hit(where, row, "mapped") for row in where.rows(query, key=key, by=by)]


def _mapped_by_code(where: Scope, key: str) -> list[Hit]:
    if not _codes(where) or not where.exists(f"mapping.int_{where.table}__unioned"):
        return []
    query = sql.SQL(
        "select coupling_id, remote_id, root_key, 'SKU or EAN' as by from {} where coupling_id = any(%(couplings)s)"
        " and (platform.sku(sku_code) = platform.sku(%(key)s) or platform.gtin(ean_code) = platform.gtin(%(key)s))"
        " limit 40"
    ).format(where.unioned)
    return [_hit(where, row, "mapped") for row in where.rows(query, key=key)]


def _hit(where: Scope, row: dict[str, Any], place: str) -> Hit:
    return Hit(where.couplings[row["coupling_id"]][0], row["remote_id"], row["root_key"], row["by"], place)


def _landed(where: Scope, key: str) -> list[Hit]:
    hits = []
    for number in where.couplings:
        for stream in where.streams(number):
            query = sql.SQL(
                "select root_key from {} where coupling_id = %(coupling)s and superseded_at is null"
                " and record_key = %(key)s"
            ).format(where.landing(number, stream))
            for row in where.rows(query, coupling=number, key=key):
                hits += _made_of(where, number, row["root_key"], f"key of a record of {stream}")
    return hits


def _made_of(where: Scope, number: int, root: str, by: str) -> list[Hit]:
    """Return the mapped rows of a landed root, or the root itself where the mapping makes none."""
    rows: list[dict[str, Any]] = []
    if where.exists(f"mapping.int_{where.table}__unioned"):
        query = sql.SQL(
            "select coupling_id, remote_id, root_key, %(by)s as by from {} where coupling_id = %(coupling)s"
            " and root_key = %(root)s limit 20"
        ).format(where.unioned)
        rows = where.rows(query, coupling=number, root=root, by=by)
    return [_hit(where, row, "mapped") for row in rows] or [Hit(where.couplings[number][0], root, root, by, "landed")]


def _aside(where: Scope, key: str) -> list[Hit]:
    """Look into quarantine, also for what could not even be landed: there the stream's name stands for the object."""
    streams = [stream for number in where.couplings for stream in where.streams(number)]
    query = (
        "select distinct coupling_id, remote_id, root_key, 'id in quarantine' as by from platform.quarantine"
        " where coupling_id = any(%(couplings)s) and object = any(%(objects)s) and remote_id = %(key)s limit 20"
    )
    objects = [where.table, *sorted(set(streams))]
    return [_hit(where, row, "quarantine") for row in where.rows(query, key=key, objects=objects)]


def _numbered(where: Scope, key: str, unread: list[str]) -> list[Hit]:
    """Read through the documents for a field of that value, such as an order's number; 10 s a stream, then `unread`."""
    hits: list[Hit] = []
    with where.connection.transaction():
        where.rows("select set_config('statement_timeout', %(limit)s, true)", limit=str(_SEARCH_MILLISECONDS))
        for number in where.couplings:
            for stream in where.streams(number):
                query = sql.SQL(
                    "select distinct root_key from {} where coupling_id = %(coupling)s and superseded_at is null"
                    " and jsonb_typeof(payload) = 'object' and exists (select from jsonb_each_text(payload) as field"
                    "  where field.value = %(key)s and field.key ~* %(numbers)s) limit 20"
                ).format(where.landing(number, stream))
                try:
                    with where.connection.transaction():
                        found = where.rows(query, coupling=number, key=key, numbers=_NUMBERS)
                except errors.QueryCanceled:
                    unread.append(stream)
                    continue
                for row in found:
                    hits += _made_of(where, number, row["root_key"], f"a field of {stream}")
    return hits
