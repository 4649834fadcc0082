"""What an Exact Online company must become: section F examples 1 to 7; bralex's, and one of invoices and versions."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from include.sandbox import Running
from tests.oracle.exact_buying import Buying
from tests.oracle.exact_prices import Prices
from tests.oracle.exact_units import Units
from tests.oracle.systems import System
from tests.oracle.tables import Key, Line, Optiply, Seen, exact_date, price, text, whole

BRALEX, ZILVERHOF = "bralex__exact_online", "zilverhof__exact_online"
Record = Mapping[str, Any]
CANCELLED, COMPLETE = 45, 21
DRAFT, PROCESSED = 10, 50
ACTIVE = 30
TOO_SMALL = "below a cent per unit, left out"
FEED = (
    "accounts", "prices", "list_prices", "price_periods", "purchase_prices", "items", "stock_positions",
    "supplier_items", "orders", "order_lines", "invoices", "bom_versions", "version_materials", "purchases", "receipts",
    "sent_back", "shop_orders",
)  # fmt: skip
WHOLE = ("boms", "bom_materials", "assembly_orders")


@dataclasses.dataclass
class Company:
    """The Exact Online company as the platform has seen it so far; `settings` are those of the coupling's YAML."""

    optiply: Optiply
    settings: Mapping[str, Any]
    name: str = BRALEX
    seen: dict[str, Seen] = dataclasses.field(default_factory=lambda: {name: Seen() for name in (*FEED, *WHOLE)})
    version: int = 0

    @property
    def units(self) -> Units:
        return Units(self.settings, self.seen["items"])

    def pulled_all(self, company: Running, today: date) -> None:
        for name, seen in self.seen.items():
            found = {row.key: dict(row.data) for row in company.world[name]}
            # Orders and their lines are not compared; the feed of deletions speaks for them.
            (seen.some if name in ("orders", "order_lines", "invoices") else seen.all)(found)
        self._bury(company)
        self.version = company.world.version
        self._map(today)

    def pulled_changed(self, company: Running, today: date) -> None:
        """Sync endpoints answer what has a higher row version; the bills of material have no filter."""
        for name, seen in self.seen.items():
            rows = list(company.world[name])
            if name in WHOLE:
                # Asked for without a filter, but only a pull-all may conclude from absence (invariant 4).
                seen.some({row.key: dict(row.data) for row in rows})
            else:
                seen.some({row.key: dict(row.data) for row in rows if row.version > self.version})
        self._bury(company)
        self.version = company.world.version
        self._map(today)

    def _bury(self, company: Running) -> None:
        for row in company.world["deleted"]:
            for name in FEED:
                self.seen[name].bury([row.data["EntityKey"]])

    def _map(self, today: date) -> None:
        self.optiply.forget_problems(self.name)
        for key, record in self.seen["items"].records.items():
            self._product(key, record, today)
        for key, record in self.seen["accounts"].records.items():
            self._supplier(key, record, today)
        self._supplier_products(today)
        self._compositions()
        if self.settings["sell_orders.source"] != "invoices":
            for key, record in self.seen["orders"].records.items():
                self._order(key, record)
        if self.settings["sell_orders.source"] != "orders":
            self._invoices()
        Buying(self.optiply, self.settings, self.name, self.seen).map()

    def single(self, company: Running) -> tuple[str, str]:
        """One item gets another name."""
        (key,) = company.admin.change(seed=8, renamed=1)["renamed"]
        return "products", key

    def pulled_single(self, company: Running, today: date) -> None:
        """The other streams of an item catch up, and there is nothing to catch up with."""
        self.seen["items"].some(
            {row.key: dict(row.data) for row in company.world["items"] if row.version > self.version}
        )
        self._map(today)

    def _product(self, key: str, record: Record, today: date) -> None:
        gone = key in self.seen["items"].gone
        bought = bool(record["IsPurchaseItem"]) or not self.settings["status.is_purchase_item"]
        ends = exact_date(record["EndDate"])
        ended = ends is not None and ends.date() < today
        made = bool(record["IsMakeItem"])
        # A made item is not bought but stays enabled (B8); an item that is neither bought nor made is disabled.
        disabled = record["ItemGroupCode"] in self.settings["status.disabled_groups"] or (not bought and not made)
        disabled = disabled or bool(self.settings["status.is_on_demand_item"] and record["IsOnDemandItem"])
        classes = {f"01:{record['Class_01']}", f"02:{record['Class_02']}"}
        wanted = {status for name, status in self.settings["status.assortments"].items() if name in classes}
        disabled = gone or ended or "disabled" in wanted or (disabled and "enabled" not in wanted)
        listed = Prices(self.settings, self.seen, today).selling(key)
        general = self.units.price(listed, key)
        if listed and general is None and not gone:
            self.optiply.problem(self.name, "products", key, "price", TOO_SMALL)
        if general is not None and price(general) is None and not gone:
            self.optiply.problem(self.name, "products", key, "price", "outside 0 to 9999999.99, left out")
        attributes = {
            "name": text(record["Description"]),
            "sku_code": text(record["Code"]),
            "article_code": text(record["SearchCode"]) if self.settings["article_code.enabled"] else None,
            "ean_code": text(record["Barcode"]),
            "price": price(general),
            "unlimited_stock": not bought,
            "stock_level": self._stock(key),
            "status": "disabled" if disabled else "enabled",
            "assembled": made,
            "stock_measurement_unit": self.units.name(key),
            "created_at": exact_date(record["Created"]),
            "updated_at": exact_date(record["Modified"]),
        }
        self.optiply.put("products", (self.name, key), attributes, deleted=gone, create=not disabled)

    def _stock(self, item: str) -> int:
        warehouses = self.settings["stock.warehouses"]
        return whole(
            sum(
                Decimal(str(row["CurrentStock"])) - Decimal(str(row["PlanningOut"]))
                for row in self.seen["stock_positions"].present().values()
                if row["ItemId"] == item and (not warehouses or row["WarehouseCode"] in warehouses)
            )
            * self.units.factor(item)
        )

    def _supplier(self, key: str, record: Record, today: date) -> None:
        # An account that has ended gets no orders (A.2 `ignored`).
        ends = exact_date(record["EndDate"])
        ended = ends is not None and ends.date() < today
        gone = key in self.seen["accounts"].gone or not record["IsSupplier"]
        days = record["PurchaseLeadDays"] if self.settings["suppliers.delivery_time"] else None
        mail = text(record["Email"]) if self.settings["suppliers.emails"] else None
        attributes = {
            "name": text(record["Name"]),
            "emails": [mail] if mail else None,
            "delivery_time": min(days, 365) if days and days > 0 else None,
            "ignored": gone or ended,
            "created_at": exact_date(record["Created"]),
            # An account that is no supplier any more has no time of its own.
            "updated_at": exact_date(record["Modified"]) if record["IsSupplier"] else None,
        }
        self.optiply.put("suppliers", (self.name, key), attributes, deleted=gone)

    def _supplier_products(self, today: date) -> None:
        prices, seen = Prices(self.settings, self.seen, today), self.seen["supplier_items"]
        for key, record in seen.records.items():
            product, supplier = (self.name, record["Item"]), (self.name, record["Supplier"])
            gone = key in seen.gone
            missing = [
                (field, parent)
                for field, parent in (("product_id", product), ("supplier_id", supplier))
                if parent not in self.optiply.tables["products" if field == "product_id" else "suppliers"]
            ]
            asked = prices.buying(record)
            paid = self.units.price(asked, record["Item"])
            attributes = {**self._supplier_item(record), "price": price(paid)}
            attributes["status"] = "disabled" if gone else "enabled"
            if asked and paid is None and not gone:
                self.optiply.problem(self.name, "supplier_products", key, "price", TOO_SMALL)
            if missing and not gone:
                for field, _ in missing:
                    self.optiply.problem(self.name, "supplier_products", key, field, "waiting for parent")
                continue
            attributes |= {"product": product, "supplier": supplier}
            self.optiply.put("supplier_products", (self.name, key), attributes, deleted=gone)
        self._prefer()

    def _supplier_item(self, record: Record) -> dict[str, Any]:
        boxed = Decimal(str(record["PurchaseUnitFactor"] or 1))
        factor = self.units.factor(record["Item"])
        product = self.optiply.tables["products"].get((self.name, record["Item"]), {})
        days = record["PurchaseLeadTime"] if self.settings["supplier_products.delivery_time"] else None
        least = whole((record["MinimumQuantity"] or 0) * factor)
        return {
            "name": product.get("name"),
            "sku_code": text(record["SupplierItemCode"]),
            "minimum_purchase_quantity": least if least >= 1 else None,
            "lot_size": whole(boxed * factor) if boxed * factor >= 1 else None,
            "delivery_time": min(days, 365) if days and days > 0 else None,
        }

    def _prefer(self) -> None:
        """Exactly one per product that has any (B6)."""
        rows = self.optiply.tables["supplier_products"]
        by_product: dict[Key, list[Key]] = {}
        for key, row in rows.items():
            by_product.setdefault(row["product"], []).append(key)
        for keys in by_product.values():
            able = [
                key
                for key in keys
                if rows[key]["status"] == "enabled" and key not in self.optiply.deleted["supplier_products"]
            ]
            main = [key for key in able if self.seen["supplier_items"].records[key[1]]["MainSupplier"]]
            candidates = main if len(main) == 1 else able

            def rank(key: Key) -> tuple[Any, ...]:
                row = rows[key]
                paid = row["price"] if row["price"] and row["price"] > 0 else Decimal("Infinity")
                return (not row["preferred"], paid, row["delivery_time"] or 10**6, key[1])

            chosen = min(candidates, key=rank, default=None)
            for key in keys:
                rows[key]["preferred"] = key == chosen

    def _compositions(self) -> None:
        """One row per set and part; what no bill holds any more is gone."""
        wanted: dict[tuple[str, str], Decimal] = {}
        for composed, part, quantity in self._parts():
            factor = self.units.factor(part) / self.units.factor(composed)
            wanted[composed, part] = wanted.get((composed, part), Decimal(0)) + quantity * factor
        for (composed, part), quantity in wanted.items():
            self._composition(composed, part, quantity)
        for key in [key for key in self.optiply.tables["product_compositions"] if key[0] == self.name]:
            if tuple(key[1].split("_")) not in wanted:
                self.optiply.put("product_compositions", key, {}, deleted=True)

    def _parts(self) -> Iterator[tuple[str, str, Decimal]]:
        per_piece = self.settings["compositions.per_piece"]
        if self.settings["compositions.source"] == "assembly":
            for row in self.seen["bom_materials"].present().values():
                batch = Decimal(str(row["BatchQuantity"])) if per_piece else Decimal(1)
                yield row["AssembledItem"], row["PartItem"], Decimal(str(row["Quantity"])) / batch
            return
        versions = self.seen["bom_versions"].present()
        for row in self.seen["version_materials"].present().values():
            version = versions.get(row["ItemVersion"])
            # Of an item's versions the active default one counts (API page: status 30).
            if version and version["IsDefault"] and version["Status"] == ACTIVE:
                batch = Decimal(str(version["BatchQuantity"])) if per_piece else Decimal(1)
                yield version["Item"], row["PartItem"], Decimal(str(row["Quantity"])) / batch

    def _composition(self, composed: str, part: str, quantity: Decimal) -> None:
        key = f"{composed}_{part}"
        products = {"composed_product_id": composed, "part_product_id": part}
        # A product that arrived disabled is not created: set and part wait, each by itself.
        missing = [
            field for field, item in products.items() if (self.name, item) not in self.optiply.tables["products"]
        ]
        for field in missing:
            self.optiply.problem(self.name, "product_compositions", key, field, "waiting for parent")
        count = whole(quantity)
        if count < 1:
            self.optiply.problem(self.name, "product_compositions", key, "part_quantity", "part_quantity < 1")
        elif count != quantity:
            words = "not a whole number, rounded down"
            self.optiply.problem(self.name, "product_compositions", key, "part_quantity", words)
        if missing or count < 1:
            return
        attributes = {"composed": (self.name, composed), "part": (self.name, part), "part_quantity": count}
        self.optiply.put("product_compositions", (self.name, key), attributes)

    def _invoices(self) -> None:
        """One sell order per invoice; its lines without an item are texts, those of a sales order count there."""
        seen = self.seen["invoices"]
        invoices: dict[str, list[Record]] = {}
        for row in seen.present().values():
            invoices.setdefault(row["InvoiceID"], []).append(row)
        for key, rows in invoices.items():
            status = rows[0]["Status"]
            if status != PROCESSED and (status == DRAFT or not self.settings["sell_orders.pull_all_orders"]):
                continue
            if rows[0]["OrderedBy"] in self.settings["sell_orders.excluded_customers"]:
                continue
            header = {"placed": exact_date(rows[0]["InvoiceDate"]), "created_at": exact_date(rows[0]["Created"])}
            if status == PROCESSED:
                header["completed"] = exact_date(rows[0]["Modified"])
            both = self.settings["sell_orders.source"] == "both"
            counted = [row for row in rows if row["Item"] and not (both and row["SalesOrderNumber"])]
            lines = [self._line(row) for row in sorted(counted, key=lambda row: int(row["LineNumber"]))]
            if lines:
                self.optiply.order((self.name, key), header, lines)

    def _line(self, row: Record) -> Line:
        product = (self.name, row["Item"])
        known = product in self.optiply.tables["products"]
        quantity = whole(row["Quantity"] * self.units.factor(row["Item"]))
        return Line(row["ID"], product if known else None, quantity, Decimal(str(row["AmountDC"])))

    def _order(self, key: str, record: Record) -> None:
        gone = key in self.seen["orders"].gone
        header = {"placed": exact_date(record["OrderDate"]), "created_at": exact_date(record["Created"])}
        if record["Status"] == COMPLETE:
            header["completed"] = exact_date(record["Modified"])
        lines = list(self._lines(key)) if not gone else []
        in_scope = self.settings["sell_orders.pull_all_orders"] or record["Status"] == COMPLETE
        in_scope = in_scope and record["OrderedBy"] not in self.settings["sell_orders.excluded_customers"]
        self.optiply.order(
            (self.name, key), header, lines, cancelled=gone or record["Status"] == CANCELLED, in_scope=in_scope
        )

    def _lines(self, order: str) -> Iterator[Line]:
        rows = self.seen["order_lines"].present().items()
        for _, row in sorted(rows, key=lambda pair: int(pair[1]["LineNumber"])):
            if row["OrderID"] == order and (self.settings["sell_orders.drop_shipments"] or not row["UseDropShipment"]):
                yield self._line(row)


SYSTEM = System(
    coupling=ZILVERHOF,
    sandbox={
        "seed": 23,
        "size": 150,
        "orders": 150,
        "settings": {"per_minute": 1_000_000, "per_day": 1_000_000},
    },
    changes={
        "new_products": 2, "renamed": 2, "stock": 4, "supplier_prices": 3, "lapsed_suppliers": 1, "new_orders": 3,
        "list_prices": 3, "deleted_list_prices": 2, "delivered_orders": 2, "cancelled_orders": 1, "new_invoices": 4,
        "activated_versions": 2, "new_buy_orders": 3,
        "received_buy_orders": 2, "cancelled_buy_orders": 1, "reopened_buy_orders": 2, "deleted_buy_orders": 1,
        "deleted_buy_order_lines": 2, "sent_back": 2, "deleted_receipts": 1,
        "new_assembly_orders": 2, "finished_assembly_orders": 1, "deleted_assembly_orders": 1, "new_shop_orders": 2,
        "finished_shop_orders": 1, "deleted_shop_orders": 1,
    },
    expected=functools.partial(Company, name=ZILVERHOF),
)  # fmt: skip
