"""What bralex's Exact Online company and bol.com shop must become: section F examples 1 to 7 and 33 to 36."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from include.sandbox import Running
from tests.oracle.tables import Key, Line, Optiply, Seen, exact_date, money, price, text, utc, whole

EXACT, BOL = "bralex__exact_online", "bralex__bol_com"
Record = Mapping[str, Any]
CANCELLED, COMPLETE = 45, 21
FEED = ("accounts", "prices", "items", "stock_positions", "supplier_items", "orders", "order_lines")
WHOLE = ("boms", "bom_materials")


@dataclasses.dataclass
class Company:
    """The Exact Online company as the platform has seen it so far; `settings` are those of the coupling's YAML."""

    optiply: Optiply
    settings: Mapping[str, Any]
    seen: dict[str, Seen] = dataclasses.field(default_factory=lambda: {name: Seen() for name in (*FEED, *WHOLE)})
    version: int = 0

    def pulled_all(self, company: Running, today: date) -> None:
        for name, seen in self.seen.items():
            found = {row.key: dict(row.data) for row in company.world[name]}
            # Orders and their lines are not compared; the feed of deletions speaks for them.
            (seen.some if name in ("orders", "order_lines") else seen.all)(found)
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
        self.optiply.forget_problems(EXACT)
        for key, record in self.seen["items"].records.items():
            self._product(key, record, today)
        for key, record in self.seen["accounts"].records.items():
            self._supplier(key, record, today)
        self._supplier_products()
        for record in self.seen["bom_materials"].present().values():
            self._composition(record)
        self._compositions_gone()
        for key, record in self.seen["orders"].records.items():
            self._order(key, record)

    def _product(self, key: str, record: Record, today: date) -> None:
        gone = key in self.seen["items"].gone
        bought = bool(record["IsPurchaseItem"]) or not self.settings["status.is_purchase_item"]
        ends = exact_date(record["EndDate"])
        ended = ends is not None and ends.date() < today
        made = bool(record["IsMakeItem"])
        # A made item is not bought but stays enabled (B8); an item that is neither bought nor made is disabled.
        disabled = gone or ended or (not bought and not made)
        general = self._price(key, today)
        if general is not None and price(general) is None and not gone:
            self.optiply.problem(EXACT, "products", key, "price", "outside 0 to 9999999.99, left out")
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
            "created_at": exact_date(record["Created"]),
            "updated_at": exact_date(record["Modified"]),
        }
        self.optiply.put("products", (EXACT, key), attributes, deleted=gone, create=not disabled)

    def _stock(self, item: str) -> int:
        warehouses = self.settings["stock.warehouses"]
        return whole(
            sum(
                Decimal(str(row["CurrentStock"])) - Decimal(str(row["PlanningOut"]))
                for row in self.seen["stock_positions"].present().values()
                if row["ItemId"] == item and (not warehouses or row["WarehouseCode"] in warehouses)
            )
        )

    def _price(self, item: str, today: date) -> Decimal | None:
        """The general price of one piece that is valid today."""
        valid = []
        for row in self.seen["prices"].present().values():
            start, end = exact_date(row["StartDate"]), exact_date(row["EndDate"])
            valid_today = (start is None or start.date() <= today) and (end is None or end.date() >= today)
            if row["Item"] == item and row["Account"] is None and row["Quantity"] == 1 and valid_today:
                valid.append((start, Decimal(str(row["Price"]))))
        return max(valid)[1] if valid else None

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
        self.optiply.put("suppliers", (EXACT, key), attributes, deleted=gone)

    def _supplier_products(self) -> None:
        seen = self.seen["supplier_items"]
        for key, record in seen.records.items():
            product, supplier = (EXACT, record["Item"]), (EXACT, record["Supplier"])
            gone = key in seen.gone
            missing = [
                (field, parent)
                for field, parent in (("product_id", product), ("supplier_id", supplier))
                if parent not in self.optiply.tables["products" if field == "product_id" else "suppliers"]
            ]
            if missing and not gone:
                for field, _ in missing:
                    self.optiply.problem(EXACT, "supplier_products", key, field, "waiting for parent")
                continue
            attributes = {**self._supplier_item(record), "status": "disabled" if gone else "enabled"}
            attributes |= {"product": product, "supplier": supplier}
            self.optiply.put("supplier_products", (EXACT, key), attributes, deleted=gone)
        self._prefer()

    def _supplier_item(self, record: Record) -> dict[str, Any]:
        factor = Decimal(str(record["PurchaseUnitFactor"] or 1))
        product = self.optiply.tables["products"].get((EXACT, record["Item"]), {})
        days = record["PurchaseLeadTime"] if self.settings["supplier_products.delivery_time"] else None
        least = record["MinimumQuantity"]
        return {
            "name": product.get("name"),
            "sku_code": text(record["SupplierItemCode"]),
            # Exact's price is per purchase unit (B10).
            "price": price(Decimal(str(record["PurchasePrice"])) / factor),
            "minimum_purchase_quantity": least if least and least >= 1 else None,
            "lot_size": whole(factor) if factor >= 1 else None,
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

    def _composition(self, record: Record) -> None:
        composed, part = (EXACT, record["AssembledItem"]), (EXACT, record["PartItem"])
        key = f"{composed[1]}_{part[1]}"
        for field, product in (("composed_product_id", composed), ("part_product_id", part)):
            if product not in self.optiply.tables["products"]:
                self.optiply.problem(EXACT, "product_compositions", key, field, "waiting for parent")
                return
        quantity = Decimal(str(record["Quantity"]))
        if self.settings["compositions.per_piece"]:
            quantity /= Decimal(str(record["BatchQuantity"]))
        attributes = {"composed": composed, "part": part, "part_quantity": whole(quantity)}
        self.optiply.put("product_compositions", (EXACT, key), attributes)

    def _compositions_gone(self) -> None:
        seen = self.seen["bom_materials"]
        for key in seen.gone:
            record = seen.records[key]
            self.optiply.put(
                "product_compositions", (EXACT, f"{record['AssembledItem']}_{record['PartItem']}"), {}, deleted=True
            )

    def _order(self, key: str, record: Record) -> None:
        gone = key in self.seen["orders"].gone
        header = {"placed": exact_date(record["OrderDate"]), "created_at": exact_date(record["Created"])}
        if record["Status"] == COMPLETE:
            header["completed"] = exact_date(record["Modified"])
        lines = list(self._lines(key)) if not gone else []
        in_scope = self.settings["sell_orders.pull_all_orders"] or record["Status"] == COMPLETE
        self.optiply.order(
            (EXACT, key), header, lines, cancelled=gone or record["Status"] == CANCELLED, in_scope=in_scope
        )

    def _lines(self, order: str) -> Iterator[Line]:
        rows = self.seen["order_lines"].present().items()
        for key, row in sorted(rows, key=lambda pair: pair[1]["LineNumber"]):
            if row["OrderID"] == order and (self.settings["sell_orders.drop_shipments"] or not row["UseDropShipment"]):
                product = (EXACT, row["Item"])
                known = product in self.optiply.tables["products"]
                yield Line(key, product if known else None, whole(row["Quantity"]), Decimal(str(row["AmountDC"])))


@dataclasses.dataclass
class Marketplace:
    """The bol.com account, matched to the company's products by EAN."""

    optiply: Optiply
    settings: Mapping[str, Any]
    orders: Seen = dataclasses.field(default_factory=Seen)

    def pulled(self, market: Running) -> None:
        """The list shows the orders of the last three months; detail calls follow its news."""
        self.orders.some({row.key: dict(row.data) for row in _recent(market)})
        self.optiply.forget_problems(BOL)
        for key, record in self.orders.records.items():
            self._order(key, record)

    def _order(self, key: str, record: Record) -> None:
        items = [item for item in record["orderItems"] if item["quantity"] > item["quantityCancelled"]]
        placed = utc(record["orderPlacedDateTime"])
        shipped = all(
            item["quantityShipped"] + item["quantityCancelled"] >= item["quantity"] for item in record["orderItems"]
        )
        changes = [utc(item["latestChangedDateTime"]) for item in record["orderItems"]]
        header = {"placed": placed, "completed": max(filter(None, changes)) if shipped else None}
        lines = [self._line(item) for item in items if not item["cancellationRequest"]]
        if items and not lines and (BOL, key) not in self.optiply.tables["sell_orders"]:
            return
        self.optiply.order((BOL, key), header, lines, cancelled=not items)

    def _line(self, item: Record) -> Line:
        found = self._matches(item["product"]["ean"])
        quantity = item["quantity"] - item["quantityCancelled"]
        value = Decimal(str(item["unitPrice"])) * quantity
        if self.settings["vat_basis"] == "gross":
            value = money(value / (1 + Decimal(str(self.settings["vat_rate"])) / 100))
        why_not = "no match" if not found else "ambiguous match"
        return Line(item["orderItemId"], found[0] if len(found) == 1 else None, quantity, value, why_not)

    def _matches(self, ean: str) -> list[Key]:
        """Compare as zero-padded GTIN with the primary coupling's enabled products (B14)."""
        wanted = ean.strip().zfill(14)
        return [
            key
            for key, row in self.optiply.tables["products"].items()
            if key[0] == EXACT
            and row["ean_code"]
            and row["ean_code"].zfill(14) == wanted
            and row["status"] == "enabled"
            and key not in self.optiply.deleted["products"]
        ]


def _recent(market: Running) -> Iterator[Any]:
    """Orders older than three months are out of the list's reach."""
    now = market.world.clock.now()
    for row in market.world["orders"]:
        changes = [utc(item["latestChangedDateTime"]) for item in row.data["orderItems"]]
        if any(change and (now - change).total_seconds() <= 92 * 86400 for change in changes):
            yield row
