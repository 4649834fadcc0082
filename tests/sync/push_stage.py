"""Webshops that buy through Picqer sandboxes: Optiply places orders by SQL, and a test pushes them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from include.engine.ports import Credentials
from include.sandbox import Running
from include.spec.load import CouplingConfig, load_coupling
from include.sync.configs import deploy_configs
from include.sync.pull import Platform
from include.sync.push import Pushed, push
from include.warehouse.connection import connector
from include.warehouse.secrets import Vault
from tests.sync.fixtures import SECRET
from tests.sync.stage import credentials_of

WEBSHOP = """\
webshop: {shop}
title: {shop}
time_zone: Europe/Amsterdam
owners: {{suppliers: picqer, products: picqer, supplier_products: picqer, buy_orders: picqer}}
"""
COUPLING = """\
coupling: {shop}__picqer
connector: picqer
role: primary
objects: {{suppliers: {{}}, products: {{}}, supplier_products: {{}}, buy_orders: {{}}}}
settings: {settings}
"""
Row = dict[str, Any]


def with_patience(
    config: CouplingConfig, *, timeout: int, settle: int, requests: int | None = None, seconds: int = 60
) -> CouplingConfig:
    """Return a coupling that waits seconds where the manifest waits minutes; with a budget of its own where given."""
    manifest = config.manifest
    assert manifest.push is not None
    quick = {"settle_seconds": settle}
    variants = [
        one.model_copy(update={"buy_orders": one.buy_orders.model_copy(update=quick)}) for one in manifest.push.variants
    ]
    sending = {"buy_orders": manifest.push.buy_orders.model_copy(update=quick), "variants": variants}
    client = manifest.client.model_copy(update={"timeout": timeout})
    if requests is not None:
        budgets = [budget.model_copy(update={"requests": requests, "seconds": seconds}) for budget in client.budgets]
        client = client.model_copy(update={"budgets": budgets})
    new = manifest.model_copy(update={"client": client, "push": manifest.push.model_copy(update=sending)})
    return dataclasses.replace(config, manifest=new)


class Desk:
    """One warehouse; couplings are added with the sandbox that they buy from."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn, self.folder = dsn, folder
        self.platform = Platform(connector(dsn, "test push"), Vault(SECRET))
        self.connection = psycopg.connect(dsn, autocommit=True, row_factory=dict_row)
        self.configs: dict[str, CouplingConfig] = {}
        self.opened: dict[str, Credentials] = {}
        self.products: dict[str, list[int]] = {}
        self.suppliers: dict[str, list[int]] = {}

    def couple(
        self,
        shop: str,
        running: Running,
        settings: Mapping[str, Any] | None = None,
        *,
        timeout: int = 1,
        settle: int = 1,
    ) -> str:
        """Add a webshop that buys through this sandbox, with its suppliers and products; return the coupling."""
        name = f"{shop}__picqer"
        (self.folder / shop).mkdir(exist_ok=True)
        (self.folder / shop / "webshop.yaml").write_text(WEBSHOP.format(shop=shop))
        (self.folder / shop / "picqer.yaml").write_text(
            COUPLING.format(shop=shop, settings=json.dumps(dict(settings or {})))
        )
        self.configs[name] = with_patience(
            load_coupling(f"{shop}/picqer.yaml", self.folder), timeout=timeout, settle=settle
        )
        self.opened[name] = credentials_of(running, name)
        with self.platform.connect() as connection:
            assert deploy_configs(connection, self.folder) == []
        for table, collection in (("suppliers", "suppliers"), ("products", "products")):
            keys = list(running.world[collection].rows)
            rows = self.rows(
                f"insert into optiply.{table} (webshop_id, coupling_id, remote_id, name)"
                " select webshop_id, id, key, 'No. ' || key from platform.couplings, unnest(%s::text[]) as key"
                " where couplings.name = %s returning id",
                keys, name,
            )  # fmt: skip
            getattr(self, table)[name] = [row["id"] for row in rows]
        return name

    def place(self, coupling: str, number: int, *lines: tuple[int, int, str], **more: Any) -> int:
        """Let Optiply place an order, or change it; a line is a place among the products, quantity, value."""
        made = [
            {"optiply_id": number * 100 + place, "product_id": self.products[coupling][product], "quantity": quantity,
             "subtotal_value": value}
            for place, (product, quantity, value) in enumerate(lines or ((0, 12, "474.00"),))
        ]  # fmt: skip
        document = {"optiply_id": number, "supplier_id": self.suppliers[coupling][0], "lines": made} | more
        return int(
            self.one("select platform.place_buy_order(%s, %s)", coupling.partition("__")[0], json.dumps(document))
        )

    def push(self, coupling: str, *only: str) -> Pushed:
        return push(self.platform, self.configs[coupling], self.opened[coupling], only)

    def order(self, number: int) -> Row:
        return self.row("select * from platform.push_orders where buy_order_id = %s", self.buy_order(number))

    def buy_order(self, number: int) -> int:
        return int(self.one("select id from optiply.buy_orders where optiply_id = %s", number))

    def steps(self, number: int) -> list[tuple[str, str | None]]:
        """Return the order's steps with their outcomes."""
        rows = self.rows(
            "select step, outcome from platform.push_steps where push_order_id = %s order by number",
            self.order(number)["id"],
        )
        return [(row["step"], row["outcome"]) for row in rows]

    def rows(self, query: LiteralString | str, *values: object) -> list[Row]:
        return self.connection.execute(query, values).fetchall()

    def row(self, query: LiteralString | str, *values: object) -> Row:
        rows = self.rows(query, *values)
        assert len(rows) == 1, f"{len(rows)} rows: {query!r}"
        return rows[0]

    def one(self, query: LiteralString | str, *values: object) -> Any:
        return next(iter(self.row(query, *values).values()))

    def close(self) -> None:
        self.connection.close()


def ours(running: Running, number: int) -> list[Row]:
    """Return the orders of a Picqer sandbox that hold our reference."""
    orders = (row.data for row in running.world["purchase_orders"].rows.values())
    return [order for order in orders if order["supplier_orderid"] == f"OP {number}"]


def writes(running: Running) -> list[str]:
    """Return the calls that changed something, oldest first."""
    journal = running.admin.requests()
    return [f"{entry['method']} {entry['path']}" for entry in journal if entry["method"] != "GET"]
