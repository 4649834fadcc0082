"""A warehouse for the tests of the dbt project: lands records and runs the transform the way the platform does."""

import functools
import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString, TypeAlias

import psycopg
from dbt.cli.main import dbtRunner
from psycopg import sql
from psycopg.rows import dict_row

from include.sync.selection import models_of
from include.warehouse import batch

Row: TypeAlias = dict[str, Any]

OBJECTS = {
    "items": ("products", "supplier_products"),
    "stock_positions": ("products",),
    "sales_item_prices": ("products",),
    "price_list_prices": ("products",),
    "purchase_item_prices": ("supplier_products",),
    "accounts": ("suppliers",),
    "supplier_items": ("supplier_products",),
    "assembly_boms": ("products", "product_compositions"),
    "assembly_materials": ("products", "product_compositions"),
    "sales_orders": ("sell_orders",),
    "sales_order_lines": ("sell_orders",),
    "products": ("products", "supplier_products"),
    "product_parts": ("product_compositions",),
    "suppliers": ("suppliers",),
    "variations": ("products",),
    "orders": ("sell_orders",),
    "order_details": ("sell_orders",),
    "shipments": ("sell_orders",),
    "shipment_details": ("sell_orders",),
    "purchase_orders": ("buy_orders",),
    "goods_receipts": ("receipt_lines",),
    "assembly_orders": ("buy_orders",),
    "shop_orders": ("buy_orders",),
    "purchase_return_lines": ("receipt_lines",),
    "sales_invoices": ("sell_orders",),
    "bom_versions": ("product_compositions",),
    "bom_materials": ("product_compositions",),
    "creditors": ("suppliers",),
    "buy_orders": ("buy_orders",),
    "buy_order_rows": ("buy_orders", "receipt_lines"),
}


def manifest() -> Any:
    """The project, read once for all tests."""
    return _manifest(os.environ["DBT_TARGET_PATH"])


@functools.cache
def _manifest(_target: str) -> Any:
    return dbtRunner().invoke(["parse", "--quiet"]).result


def run_dbt(*arguments: str) -> None:
    """Run one dbt command in this process; raise with the messages of the failed nodes when it does not succeed."""
    result = dbtRunner(manifest=manifest()).invoke([*arguments, "--quiet", "--no-write-json"])
    if not result.success:
        nodes = getattr(result.result, "results", [])
        failed = [f"{node.node.name}: {node.message}" for node in nodes if str(node.status) in ("error", "fail")]
        raise AssertionError(f"dbt {' '.join(arguments)} failed: {failed or result.exception}")


def compiled() -> dict[str, Any]:
    """Every model of the project with its SQL, as a transform would run it."""
    result = dbtRunner(manifest=manifest()).invoke(["compile", "--quiet", "--no-write-json"])
    return {run.node.unique_id: run.node for run in result.result.results if run.node.resource_type == "model"}


@dataclass(frozen=True)
class Coupling:
    id: int
    webshop_id: int
    connector: str


@dataclass
class Warehouse:
    """A fresh database with the platform's tables, the landing tables and the built dbt project."""

    connection: psycopg.Connection[Row]
    _webshops: Iterator[int] = field(default_factory=lambda: iter(range(1, 1000)))

    def rows(self, query: LiteralString, *values: object) -> list[Row]:
        return self.connection.execute(query, values).fetchall()

    def row(self, query: LiteralString, *values: object) -> Row:
        rows = self.rows(query, *values)
        assert len(rows) == 1, f"{len(rows)} rows: {query}"
        return rows[0]

    def webshop(self) -> int:
        name = f"shop{next(self._webshops)}"
        query = "insert into platform.webshops (name, title, time_zone) values (%s, %s, 'UTC') returning id"
        return int(self.row(query, name, name)["id"])

    def coupling(
        self,
        webshop_id: int,
        connector: str,
        owns: Sequence[str],
        settings: Mapping[str, object] | None = None,
        match_key: str | None = None,
        *,
        priority: int = 1,
        contributes: Sequence[str] = (),
    ) -> Coupling:
        """Couple a system; `priority` is its place among the sources of what it owns and contributes."""
        coupling_id = self.row(
            """insert into platform.couplings
                   (webshop_id, name, connector, title, role, match_key, settings, config_hash)
               values (%s, %s, %s, %s, %s, %s, %s, '') returning id""",
            webshop_id, f"shop{webshop_id}__{connector}", connector, connector,
            "secondary" if match_key else "primary", match_key, json.dumps(settings or {}),
        )["id"]  # fmt: skip
        for name in (*owns, *contributes):
            self.connection.execute(
                "insert into platform.ownership (webshop_id, object, coupling_id, priority, makes_rows)"
                " values (%s, %s, %s, %s, %s)",
                (webshop_id, name, coupling_id, priority, name in owns),
            )
        return Coupling(coupling_id, webshop_id, connector)

    def consolidate(self, webshop_id: int, name: str, match_key: str, **fields: Sequence[Coupling]) -> None:
        """Say how an object's sources are joined and whose word counts for a field, as a deploy writes it."""
        for table in ("consolidation", "field_priority"):
            forget = sql.SQL("delete from {} where webshop_id = %s and object = %s")
            self.connection.execute(forget.format(sql.Identifier("platform", table)), (webshop_id, name))
        join = "insert into platform.consolidation (webshop_id, object, match_key) values (%s, %s, %s)"
        self.connection.execute(join, (webshop_id, name, match_key))
        for field_name, couplings in fields.items():
            for place, coupling in enumerate(couplings, 1):
                self.connection.execute(
                    "insert into platform.field_priority (webshop_id, object, field, coupling_id, priority)"
                    " values (%s, %s, %s, %s, %s)",
                    (webshop_id, name, field_name, coupling.id, place),
                )

    def replay(self, coupling: Coupling, stream: str) -> None:
        """Tell everything that a stream has landed, as a deploy does when the YAML changed."""
        table = sql.Identifier("staging", f"{coupling.connector}__{stream}")
        query = sql.SQL("select distinct root_key from {} where coupling_id = %s and superseded_at is null")
        for row in self.connection.execute(query.format(table), (coupling.id,)).fetchall():
            self.tell(coupling, stream, row["root_key"])

    def land(
        self, coupling: Coupling, stream: str, key: str, payload: Mapping[str, object], root: str | None = None
    ) -> None:
        """Land a version of a record and tell the news, as a pull does."""
        table = sql.Identifier("staging", f"{coupling.connector}__{stream}")
        where = (coupling.id, key)
        supersede = sql.SQL(
            "update {} set superseded_at = now() where coupling_id = %s and record_key = %s and superseded_at is null"
        )
        body = json.dumps(payload)
        values: Row = {
            "webshop_id": coupling.webshop_id,
            "coupling_id": coupling.id,
            "record_key": key,
            "payload": body,
        }
        values["payload_hash"] = uuid.uuid5(uuid.NAMESPACE_OID, body)
        if root is not None:
            values["root_key"] = root
        insert = sql.SQL("insert into {} ({}) values ({})").format(
            table,
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(map(sql.Placeholder, values)),
        )
        with self.connection.transaction():
            self.connection.execute(supersede.format(table), where)
            self.connection.execute(insert, values)
            self.tell(coupling, stream, root or key)

    def gone(self, coupling: Coupling, stream: str, key: str) -> None:
        """Mark a landed record as gone, as a complete pull-all does that no longer saw it."""
        table = sql.Identifier("staging", f"{coupling.connector}__{stream}")
        mark = sql.SQL(
            "update {} set gone_at = now() where coupling_id = %s and record_key = %s and superseded_at is null"
            " returning root_key"
        )
        (root,) = self.connection.execute(mark.format(table), (coupling.id, key)).fetchall()
        self.tell(coupling, stream, str(root["root_key"] if isinstance(root, dict) else root[0]))

    def tell(self, coupling: Coupling, stream: str, root: str) -> None:
        for name in OBJECTS[stream]:
            self.connection.execute(
                "insert into platform.news (webshop_id, coupling_id, object, root_key) values (%s, %s, %s, %s)",
                (coupling.webshop_id, coupling.id, name, root),
            )

    def pulled(self, coupling: Coupling, stream: str) -> None:
        """Record that the stream was once pulled to its end."""
        query = "insert into platform.cursors (coupling_id, stream) values (%s, %s) on conflict do nothing"
        self.connection.execute(query, (coupling.id, stream))

    def transform(self, *models: str) -> int:
        """Take the news and the waiting roots, run dbt once, empty the batch; the id of the transform.

        With `models` only these are run: dbt's own work for all of them is most of what a small test costs.
        """
        with self.connection.transaction():
            self.connection.execute(
                """insert into platform.transform_batch (object, coupling_id, root_key, webshop_id)
                   select distinct object, coupling_id, root_key, webshop_id from platform.news
                   union
                   select case object when 'sell_order_lines' then 'sell_orders'
                       when 'buy_order_lines' then 'buy_orders' else object end,
                       coupling_id, root_key, webshop_id
                   from platform.quarantine
                   where resolved_at is null and waiting and root_key is not null and field <> 'match'
                   on conflict do nothing"""
            )
            self.connection.execute("delete from platform.news")
            transform_id = int(self.row("insert into platform.transforms default values returning id")["id"])
        run_dbt("run", "--select", *(models or models_of(batch.objects(self.connection))))
        with self.connection.transaction():
            self.connection.execute(
                """update platform.webshops set last_transform_id = %s, last_transformed_at = now()
                   where id in (select webshop_id from platform.transform_batch)""",
                (transform_id,),
            )
            self.connection.execute("delete from platform.transform_batch")
            finish = "update platform.transforms set outcome = 'succeeded', finished_at = now() where id = %s"
            self.connection.execute(finish, (transform_id,))
        return transform_id

    def counts(self, transform_id: int, coupling: Coupling, name: str) -> tuple[int, int, int, int]:
        """Inserted, updated, deleted, untouched."""
        rows = self.rows(
            """select inserted, updated, deleted, untouched from platform.transform_counts
               where transform_id = %s and coupling_id = %s and object = %s""",
            transform_id, coupling.id, name,
        )  # fmt: skip
        row = rows[0] if rows else {}
        return (row.get("inserted", 0), row.get("updated", 0), row.get("deleted", 0), row.get("untouched", 0))

    def problems(self, coupling: Coupling, name: str) -> list[Row]:
        """The open problems of an object, without ids and times."""
        return self.rows(
            """select remote_id, field, reason, severity, waiting, attempts from platform.quarantine
               where coupling_id = %s and object = %s and resolved_at is null order by remote_id, field, reason""",
            coupling.id, name,
        )  # fmt: skip


@contextmanager
def connect(dsn: str) -> Iterator[psycopg.Connection[Row]]:
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        yield connection
