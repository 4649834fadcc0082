"""Items and what belongs to them, as Exact Online writes them. The article's number decides what kind it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.exact_online.sandbox.odata import date
from include.sandbox.catalogue import CENT, Article, Catalogue
from include.sandbox.world import Record

WAREHOUSES = (("1", "Hoofdmagazijn"), ("2", "Winkel"), ("3", "Retouren"))
ABSURD_PRICE = Decimal("99999999.99")


def barcode(article: Article) -> str | None:
    """Return the EAN as a person typed it: 13 digits, with a zero in front, or without the zero that belongs there."""
    if not article.coded:
        return None
    if article.ean.startswith("0"):
        return article.ean[1:]
    return f"0{article.ean}" if article.number % 3 == 2 else article.ean


def is_made(number: int) -> bool:
    """Whether the item is assembled from others."""
    return number % 25 == 4


def per_purchase_unit(number: int) -> int:
    """Return how many pieces of an article are in one purchase unit."""
    return (1, 1, 6, 12)[number % 4]


def unit(number: int) -> str:
    """Return the unit code that an article's stock and price count: a piece, a gallon or a dozen."""
    return {3: "gal", 10: "dz"}.get(number % 14, "pc")


class ItemWriter:
    """Writes the records of one division."""

    def __init__(self, catalogue: Catalogue, division: int) -> None:
        self._catalogue, self._division = catalogue, division

    def guid(self, kind: str, number: int | str) -> str:
        """Return the guid of a thing of this company."""
        return self._catalogue.guid(f"exact:{kind}", number)

    def item(self, article: Article) -> Record:
        """Return an item of logistics/Items."""
        number = article.number
        ended = self._catalogue.epoch - timedelta(days=number % 90 + 1) if article.ended else None
        return {
            "ID": self.guid("item", number),
            "Code": article.sku,
            "Description": article.name,
            "SearchCode": article.name.upper().replace(" ", "")[:20],
            "Barcode": barcode(article),
            "Division": self._division,
            "IsMakeItem": int(is_made(number)),
            "IsOnDemandItem": int(number % 40 == 6),
            "IsPurchaseItem": number % 30 != 8,
            "IsSalesItem": True,
            "IsStockItem": number % 50 != 18,
            "ItemGroup": self.guid("group", article.group),
            "ItemGroupCode": article.group,
            "Class_01": "OLD" if number % 33 == 12 else None,
            "Class_02": "ABC"[number % 3],
            "StandardSalesPrice": article.net_price,
            "CostPriceStandard": article.purchase_price,
            "Stock": article.stock,
            "Unit": unit(number),
            "NetWeight": article.weight,
            "StartDate": date(article.created),
            "EndDate": date(ended),
            "Created": date(article.created),
            "Modified": date(article.created),
        }

    def stock_positions(self, article: Article) -> Iterator[Record]:
        """Return the stock per warehouse: all in the main one, or a part in the shop, or something sent back."""
        shop = article.stock // 4 if article.number % 3 == 0 else None
        back = article.number % 5 if article.number % 11 == 0 else None
        for (code, _), stock in zip(WAREHOUSES, (article.stock - (shop or 0), shop, back), strict=True):
            if stock is not None:
                out = min(stock, article.number % 7) if code == "1" else 0
                coming = 24 if code == "1" and article.number % 6 == 0 else 0
                yield self._stock_position(article, code, stock, coming, out)

    def _stock_position(self, article: Article, code: str, stock: int, coming: int, out: int) -> Record:
        return {
            "ID": self.guid("stock", f"{article.number}:{code}"),
            "ItemId": self.guid("item", article.number),
            "ItemCode": article.sku,
            "ItemDescription": article.name,
            "Warehouse": self.guid("warehouse", code),
            "WarehouseCode": code,
            "CurrentStock": stock,
            "PlanningIn": coming,
            "PlanningOut": out,
            "ProjectedStock": stock + coming - out,
            "FreeStock": stock - out,
            "ReservedStock": 0,
            "ReorderPoint": 10,
            "UnitCode": unit(article.number),
            "Division": self._division,
        }

    def prices(self, article: Article, customer: str) -> Iterator[Record]:
        """Return the price rows: the general one, and for some an old one, one per quantity, one for a customer."""
        number, price = article.number, article.net_price
        if number % 50 == 21:
            return
        since = article.created
        if number % 5 == 2:
            turn = self._catalogue.epoch - timedelta(days=number % 60 + 5)
            yield self._price(article, "old", (price * Decimal("0.9")).quantize(CENT), since, until=turn)
            since = turn + timedelta(days=1)
        yield self._price(article, "general", ABSURD_PRICE if number == 31 else price, since)
        if number % 6 == 1:
            yield self._price(article, "ten", (price * Decimal("0.95")).quantize(CENT), since, quantity=10)
        if number % 10 == 5:
            yield self._price(article, "account", (price * Decimal("0.8")).quantize(CENT), since, account=customer)

    def _price(
        self,
        article: Article,
        kind: str,
        price: Decimal,
        since: datetime,
        *,
        until: datetime | None = None,
        quantity: int = 1,
        account: str | None = None,
    ) -> Record:
        return {
            "ID": self.guid("price", f"{article.number}:{kind}"),
            "Item": self.guid("item", article.number),
            "ItemCode": article.sku,
            "ItemDescription": article.name,
            "Account": account,
            "AccountName": "Vaste klant" if account else None,
            "Price": price,
            "Quantity": quantity,
            "NumberOfItemsPerUnit": 1,
            "Unit": unit(article.number),
            "Currency": "EUR",
            "Division": self._division,
            "StartDate": date(since),
            "EndDate": date(until),
            "Created": date(since),
            "Modified": date(since),
        }

    def supplier_items(self, article: Article) -> Iterator[Record]:
        """Return who delivers an item: a main supplier for most, a second one for some, no main one for a few."""
        number = article.number
        if number % 30 == 8:
            return
        yield self._supplier_item(article, article.supplier, main=number % 60 != 45)
        if number % 4 == 1:
            yield self._supplier_item(article, article.supplier % len(self._catalogue.suppliers) + 1, main=False)

    def _supplier_item(self, article: Article, supplier: int, *, main: bool) -> Record:
        factor = per_purchase_unit(article.number)
        lead = self._catalogue.suppliers[supplier - 1].lead_days
        return {
            "ID": self.guid("supplier item", f"{article.number}:{supplier}"),
            "Item": self.guid("item", article.number),
            "ItemCode": article.sku,
            "ItemDescription": article.name,
            "Supplier": self.guid("supplier", supplier),
            "SupplierCode": f"{supplier:>18}",
            "SupplierItemCode": f"L{supplier}-{article.number}" if article.number % 9 else None,
            "MainSupplier": main,
            "MinimumQuantity": (1, 6, 10)[article.number % 3],
            "PurchaseLeadTime": lead + article.number % 3,
            "PurchaseLotSize": (1, 12)[article.number % 2],
            "PurchaseUnit": "box" if factor > 1 else "pc",
            "PurchaseUnitFactor": factor,
            "PurchasePrice": article.purchase_price if main else article.purchase_price + Decimal("0.35"),
            "Currency": "EUR",
            "DropShipment": 0,
            "Division": self._division,
            "StartDate": date(article.created),
            "EndDate": None,
            "Created": date(article.created),
            "Modified": date(article.created),
        }

    def bill_of_material(self, article: Article) -> tuple[Record, list[Record]]:
        """Return header and materials of a made item; its parts are the articles after it, one batch is 1 or 10."""
        batch = 10 if article.number % 50 == 4 else 1
        header = {
            "ID": self.guid("item", article.number),
            "Code": article.sku,
            "Description": article.name,
            "BatchQuantity": batch,
            "CostPrice": article.purchase_price,
            "UseExplosion": int(article.number % 75 == 4),
            "Division": self._division,
            "Created": date(article.created),
            "Modified": date(article.created),
        }
        parts = [n for n in range(article.number + 1, article.number + 4) if n <= self._catalogue.size]
        return header, [self._material(article, n, place, batch) for place, n in enumerate(parts, start=1)]

    def _material(self, article: Article, part: int, place: int, batch: int) -> Record:
        return {
            "ID": self.guid("material", f"{article.number}:{part}"),
            "AssembledItem": self.guid("item", article.number),
            "AssembledItemCode": article.sku,
            "LineNumber": place,
            "PartItem": self.guid("item", part),
            "PartItemCode": self._catalogue.article(part).sku,
            "Quantity": place * batch,
            "QuantityBatch": place * batch,
            "BatchQuantity": batch,
            "UseExplosion": 0,
            "Division": self._division,
            "Created": date(article.created),
            "Modified": date(article.created),
        }

    def bom_versions(self, article: Article) -> Iterator[tuple[Record, list[Record]]]:
        """Return the versions of a made item's bill in manufacturing with their materials; the second is active."""
        header, materials = self.bill_of_material(article)
        for version, (status, share) in enumerate(((40, 2), (30, 1)), start=1):
            guid = self.guid("bom version", f"{article.number}:{version}")
            yield (
                {
                    "ID": guid,
                    "Item": header["ID"],
                    "ItemCode": article.sku,
                    "VersionNumber": version,
                    "IsDefault": int(status == 30),
                    "Status": status,
                    "Type": 10,
                    "BatchQuantity": header["BatchQuantity"],
                    "Division": self._division,
                    "Created": header["Created"],
                    "Modified": header["Modified"],
                },
                [
                    {
                        "ID": self.guid("version material", f"{version}:{material['ID']}"),
                        "ItemVersion": guid,
                        "LineNumber": material["LineNumber"],
                        "PartItem": material["PartItem"],
                        "PartItemCode": material["PartItemCode"],
                        "Quantity": material["Quantity"] * share,
                        "QuantityBatch": material["Quantity"] * share,
                        "Division": self._division,
                        "sysmodified": header["Modified"],
                    }
                    for material in materials
                ],
            )
