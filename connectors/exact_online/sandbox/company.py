"""One Exact Online company (division): how it starts and what happens in it over time."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.exact_online.sandbox.buying import Buying
from connectors.exact_online.sandbox.invoices import UNPAID, InvoiceWriter
from connectors.exact_online.sandbox.items import WAREHOUSES, is_made
from connectors.exact_online.sandbox.making import Making
from connectors.exact_online.sandbox.odata import date
from connectors.exact_online.sandbox.prices import NEW_PRICE, PriceWriter
from connectors.exact_online.sandbox.trade import CANCELLED, COMPLETE, OPEN, PARTIAL, TradeWriter, delivered
from include.sandbox.catalogue import Article, Catalogue
from include.sandbox.remote import Change, pick
from include.sandbox.world import Collection, Row, World

# EntityType of sync/Deleted, for what has a sync endpoint.
ENTITY_TYPES = {
    "accounts": 2, "prices": 8, "items": 9, "invoices": 13, "stock_positions": 15, "purchases": 22,
    "supplier_items": 30, "list_prices": 31, "orders": 32, "order_lines": 33, "version_materials": 54,
    "bom_versions": 55, "shop_orders": 36,
}  # fmt: skip
FIRST_VERSION = 493_000


class Company:
    """Builds a division's records and lets them change, with row versions, times and the feed of deletions."""

    def __init__(self, world: World, catalogue: Catalogue, division: int) -> None:
        self.world, self.catalogue, self.division = world, catalogue, division
        self.trade = TradeWriter(catalogue, division)
        self.items = self.trade.items
        self.prices = PriceWriter(catalogue, self.items, division)
        self.invoices = InvoiceWriter(catalogue, self.items, division)
        self.buying = Buying(world, catalogue, self.items, division, self._note_deletion)
        self.making = Making(world, catalogue, self.items, division, self._note_deletion)

    def build(self) -> None:
        """Fill the world."""
        world, catalogue = self.world, self.catalogue
        world.rise_to(FIRST_VERSION)
        for place in range(len(WAREHOUSES)):
            self._put("warehouses", self.trade.warehouse(place))
        for period in self.prices.periods():
            self._put("price_periods", period)
        self._add_accounts()
        for article in catalogue.articles():
            self.add_item(article)
        for number in range(1, catalogue.orders + 1):
            sale = catalogue.sale("exact", number)
            header, lines = self.trade.sales_order(sale, sale.placed)
            self._put_order(header, lines)
            if header["Status"] == COMPLETE:
                self._put_invoice(self.invoices.of_order(header, lines, sale.placed))
        for number in range(1, catalogue.orders // 8 + 1):
            self._put_invoice(self.invoices.of_counter(number, catalogue.sale("exact counter", number * 8).placed))
        self.buying.build()
        self.making.build()
        world["deleted"]  # The feed is there from the start, and empty.
        world.facts |= {"article": catalogue.size + 1, "sale": catalogue.orders + 1}

    def _add_accounts(self) -> None:
        for supplier in self.catalogue.suppliers:
            self._put("accounts", self.trade.supplier(supplier))
        for number in range(1, self.trade.customers + 1):
            if number % 10:
                self._put("accounts", self.trade.customer(number))
        for number in range(10, self.trade.customers + 1, 10):
            self.world["accounts"].amend(self.trade.customer_guid(number), IsSales=True, Status="C")

    def add_item(self, article: Article) -> str:
        """Add an item with its stock, prices, supplier items and bill of material; return its guid."""
        item = self._put("items", self.items.item(article))
        for stock in self.items.stock_positions(article):
            self._put("stock_positions", stock)
        for price in self.items.prices(article, self.items.guid("customer", article.number % 9 + 1)):
            self._put("prices", price)
        for supplier_item in self.items.supplier_items(article):
            self._put("supplier_items", supplier_item)
        for listed in self.prices.in_lists(article):
            self._put("list_prices", listed)
        for paid in self.prices.purchase_prices(article):
            self._put("purchase_prices", paid)
        if is_made(article.number) and article.number < self.catalogue.size:
            header, materials = self.items.bill_of_material(article)
            self._put("boms", header)
            for material in materials:
                self._put("bom_materials", material)
            for version, parts in self.items.bom_versions(article):
                self._put("bom_versions", version)
                for part in parts:
                    self._put("version_materials", part)
        return item.key

    def changes(self) -> Mapping[str, Change]:
        """Return the changes by name."""
        live = self._rows
        return {
            "new_products": self._new_items,
            "new_suppliers": self._new_suppliers,
            "renamed": self._each(lambda: live("items"), self._rename),
            "ended_products": self._each(lambda: live("items", EndDate=None), self._end_item),
            "deleted_products": self._each(self._unsold_items, self._delete_item),
            "prices": self._each(lambda: live("prices", Account=None, EndDate=None, Quantity=1), self._price),
            "list_prices": self._each(lambda: live("list_prices", EntryMethod=NEW_PRICE), self._list_price),
            "deleted_list_prices": self._each(lambda: live("list_prices"), self._delete),
            "stock": self._each(lambda: live("stock_positions"), self._restock),
            "supplier_prices": self._each(lambda: live("supplier_items"), self._purchase_price),
            "deleted_supplier_items": self._each(lambda: live("supplier_items", MainSupplier=False), self._delete),
            "renamed_suppliers": self._each(lambda: live("accounts", IsSupplier=True), self._rename_account),
            "lapsed_suppliers": self._each(lambda: live("accounts", IsSupplier=True), self._lapse),
            "new_orders": self._new_orders,
            "delivered_orders": self._each(self._open_orders, self._status(COMPLETE)),
            "cancelled_orders": self._each(self._open_orders, self._status(CANCELLED)),
            "deleted_orders": self._each(lambda: live("orders", Status=CANCELLED), self._delete_order),
            "new_invoices": self._new_invoices,
            "activated_versions": self._each(lambda: live("bom_versions", IsDefault=0), self._activate),
            **self.buying.changes(),
            **self.making.changes(),
        }

    def _put(self, collection: str, record: dict[str, Any]) -> Row:
        return self.world[collection].put(record["ID"], record)

    def _put_invoice(self, rows: list[dict[str, Any]]) -> str:
        for row in rows:
            self._put("invoices", row)
        return str(rows[0]["InvoiceID"])

    def _put_order(self, header: dict[str, Any], lines: list[dict[str, Any]]) -> str:
        for line in lines:
            self._put("order_lines", line)
        return self._put("orders", header).key

    def _rows(self, collection: str, **values: Any) -> list[Found]:
        found = self.world[collection]
        return [Found(found, row) for row in found if all(row.data[name] == value for name, value in values.items())]

    def _open_orders(self) -> list[Found]:
        return self._rows("orders", Status=OPEN) + self._rows("orders", Status=PARTIAL)

    def _unsold_items(self) -> list[Found]:
        """Return the items that can be deleted: Exact keeps what stands on an order or in a bill of material."""
        used = {
            row.data["Item"]
            for name in ("order_lines", "purchases", "invoices", "assembly_orders", "shop_orders")
            for row in self.world[name]
        }
        used |= {row.data[side] for row in self.world["bom_materials"] for side in ("AssembledItem", "PartItem")}
        return [found for found in self._rows("items") if found.row.key not in used]

    def _each(self, candidates: Callable[[], list[Found]], act: Callable[[random.Random, Found], None]) -> Change:
        def change(chance: random.Random, count: int) -> list[str]:
            found = {one.row.key: one for one in candidates()}
            chosen = pick(chance, list(found), count)
            for key in chosen:
                act(chance, found[key])
            return chosen

        return change

    def _save(self, found: Found, **fields: Any) -> None:
        """Change a record as a user does: the row version rises, and Modified where the record has it."""
        if "Modified" in found.row.data:
            fields["Modified"] = date(self.world.clock.now())
        found.collection.change(found.row.key, **fields)

    def _rename(self, chance: random.Random, found: Found) -> None:
        """Rename an item; copies of its name elsewhere follow without a new row version (API page, trap 5)."""
        name = f"{found.row.data['Description']} (nieuw model {chance.randint(2, 99)})"
        self._save(found, Description=name)
        for collection in ("prices", "supplier_items"):
            for row in self.world[collection]:
                if row.data["Item"] == found.row.key:
                    self.world[collection].amend(row.key, ItemDescription=name)

    def _end_item(self, _chance: random.Random, found: Found) -> None:
        self._save(found, EndDate=date(self.world.clock.now()))

    def _price(self, chance: random.Random, found: Found) -> None:
        self._save(found, Price=found.row.data["Price"] + Decimal(chance.randint(1, 900)) / 100)

    def _list_price(self, chance: random.Random, found: Found) -> None:
        self._save(found, NewPrice=found.row.data["NewPrice"] + Decimal(chance.randint(1, 900)) / 100)

    def _purchase_price(self, chance: random.Random, found: Found) -> None:
        self._save(found, PurchasePrice=found.row.data["PurchasePrice"] + Decimal(chance.randint(1, 300)) / 100)

    def _restock(self, chance: random.Random, found: Found) -> None:
        """Book stock in; the item's own total follows without a new row version."""
        data, more = found.row.data, chance.randint(1, 60)
        names = ("CurrentStock", "ProjectedStock", "FreeStock")
        self._save(found, **{name: data[name] + more for name in names})
        items = self.world["items"]
        items.amend(data["ItemId"], Stock=items[data["ItemId"]].data["Stock"] + more)

    def _rename_account(self, chance: random.Random, found: Found) -> None:
        self._save(found, Name=f"{found.row.data['Name']} ({chance.choice(('Oost', 'West', 'Nederland'))})")

    def _lapse(self, _chance: random.Random, found: Found) -> None:
        self._save(found, IsSupplier=False)

    def _status(self, status: int) -> Callable[[random.Random, Found], None]:
        def act(_chance: random.Random, found: Found) -> None:
            self._save(found, Status=status, DeliveryStatus=status)
            for line in self._rows("order_lines", OrderID=found.row.key):
                self._save(line, QuantityDelivered=delivered(status, line.row.data["Quantity"]))

        return act

    def _delete(self, _chance: random.Random, found: Found) -> None:
        """Delete a record and note it in the feed."""
        found.collection.remove(found.row.key)
        self._note_deletion(found.collection.name, found.row.key)

    def _note_deletion(self, collection: str, key: str) -> None:
        number = self.world.next_number("deleted")
        entry = {
            "ID": self.items.guid("deleted", number),
            "EntityKey": key,
            "EntityType": ENTITY_TYPES[collection],
            "DeletedBy": self.items.guid("user", 1),
            "DeletedDate": date(self.world.clock.now()),
            "Division": self.division,
        }
        self._put("deleted", entry)

    def _delete_item(self, _chance: random.Random, found: Found) -> None:
        parts = (("stock_positions", "ItemId"), ("prices", "Item"), ("supplier_items", "Item"), ("list_prices", "Item"))
        for collection, field in parts:
            for part in self._rows(collection, **{field: found.row.key}):
                self._delete(_chance, part)
        # Purchase prices have no kind of their own in the feed of deletions.
        for paid in self._rows("purchase_prices", Item=found.row.key):
            paid.collection.remove(paid.row.key)
        self._delete(_chance, found)

    def _delete_order(self, _chance: random.Random, found: Found) -> None:
        for line in self._rows("order_lines", OrderID=found.row.key):
            self._delete(_chance, line)
        self._delete(_chance, found)

    def _new_invoices(self, _chance: random.Random, count: int) -> list[str]:
        numbers = [self.world.next_number("counter", 1_000_000) for _ in range(count)]
        now = self.world.clock.now()
        return [self._put_invoice(self.invoices.of_counter(number, now, UNPAID)) for number in numbers]

    def _activate(self, _chance: random.Random, found: Found) -> None:
        """Make another version of a bill the default one."""
        for other in self._rows("bom_versions", Item=found.row.data["Item"]):
            is_chosen = other.row.key == found.row.key
            self._save(other, IsDefault=int(is_chosen), Status=30 if is_chosen else 40)

    def _new_items(self, _chance: random.Random, count: int) -> list[str]:
        created = [
            dataclasses.replace(
                self.catalogue.article(self.world.next_number("article")), created=self.world.clock.now()
            )
            for _ in range(count)
        ]
        return [self.add_item(article) for article in created]

    def _new_suppliers(self, _chance: random.Random, count: int) -> list[str]:
        added = []
        for _ in range(count):
            number = self.world.next_number("supplier", len(self.catalogue.suppliers) + 1)
            record = self.trade.supplier(dataclasses.replace(self.catalogue.suppliers[0], number=number))
            now = date(self.world.clock.now())
            added.append(self._put("accounts", record | {"EndDate": None, "Created": now, "Modified": now}).key)
        return added

    def _new_orders(self, _chance: random.Random, count: int) -> list[str]:
        """Sell what is still there."""
        added = []
        for _ in range(count):
            sale = self.catalogue.sale("exact", self.world.next_number("sale"))
            items = self.world["items"]
            lines = tuple(line for line in sale.lines if self.items.guid("item", line[0]) in items)
            sale = dataclasses.replace(sale, lines=lines or sale.lines[:1])
            added.append(self._put_order(*self.trade.sales_order(sale, self.world.clock.now(), OPEN)))
        return added


@dataclasses.dataclass(frozen=True)
class Found:
    """A row and where it is."""

    collection: Collection
    row: Row
