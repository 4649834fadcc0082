"""Products, their stock, suppliers and parts as Logic4 writes them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connectors.logic4.sandbox.clock import written
from include.sandbox.catalogue import Article, Catalogue, Supplier
from include.sandbox.world import Record

WAREHOUSES = (1, 2, 3)
FIRST_PRODUCT, FIRST_CREDITOR = 5000, 300
INACTIVE, ACTIVE, PHASING_OUT, LAPSED = 1, 2, 8, 10
STATUSES = {INACTIVE: "Inactief", ACTIVE: "Actief", PHASING_OUT: "Uitlopend", LAPSED: "Vervallen"}


def pieces(number: int | Decimal) -> Decimal:
    """Return a quantity as Logic4 writes it: a decimal number, also for whole pieces."""
    return Decimal(number).quantize(Decimal("0.1"))


class ProductWriter:
    """Writes the records around products; a number in the catalogue decides which of Logic4's ways a record shows."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def creditor(self, supplier: Supplier) -> Record:
        """Return a supplier; one in seven has no mail address, one in nine two of them, one in eleven no company."""
        number = supplier.number
        mail = "" if number % 7 == 5 else supplier.email
        mail = f"{mail}; administratie{number}@{mail.partition('@')[2]}" if mail and number % 9 == 1 else mail
        return {
            "Id": FIRST_CREDITOR + number,
            "CompanyName": supplier.name if number % 11 != 10 else "",
            "FirstName": None,
            "LastName": "Bos",
            "EmailAddress": mail,
            "TelephoneNumber": "",
            "MobileNumber": "",
            "CountryId": 1,
            "KvkNumber": None,
            "VatNumber": f"NL{number:03d}",
            "SupplierGLN": f"87123450{number:05d}" if number % 2 else None,
            "Address1": "Dorpsstraat",
            "Address2": str(number),
            "Address3": None,
            "PostalCode": "1234AB",
            "City": supplier.city,
            "ProvinceId": None,
            "Notes": None,
            "PaymentCondition": {"Id": 1},
            "CreditorType": {"Id": 1, "Value": "Leverancier"},
        }

    def product(self, article: Article) -> Record:
        """Return a product as GetProducts of v1.1 answers it."""
        number = article.number
        status = self._status(article)
        # One price in thirteen has a third decimal.
        price = article.net_price + (Decimal("0.005") if number % 13 == 6 else 0)
        stock = sum((row["FreeStock"] for row in self.stock(article)), Decimal("0.0"))
        return {
            "ProductId": FIRST_PRODUCT + number,
            "ProductCode": article.sku,
            "ProductName1": article.name,
            "ProductName2": (article.group_name.lower(), "", None)[number % 3],
            "StatusId": status,
            "Statusname": STATUSES[status],
            "BrandId": number % 9,
            "Unit": "st",
            "UnitId": 1,
            "MinSaleAmount": pieces(1),
            "MinBuyAmount": pieces((0, 6, 1)[number % 3]),
            "BuyCountIncrement": pieces((6, 1, 0, 12)[number % 4]),
            "VatPercent": Decimal("21.0"),
            "SellPriceGross": price,
            "SellPriceAdvice": article.sales_price,
            "BuyPrice": article.purchase_price,
            "IsComposedProduct": number % 25 == 4,
            "IsAssemblyProduct": number % 25 == 14,
            "FreeStock": stock,
            "ExternalStockActiveSupplier": None,
            "MinimalStock": pieces((5, 0, 12)[number % 3]),
            "DateTimeAdded": written(article.created),
            "DateTimeLastChanged": written(article.created),
            "BarCode1": article.ean if article.coded else "",
            "Barcode2": None,
            "BarcodeExtraList": [],
            "SystemBarcode": f"L{FIRST_PRODUCT + number}",
            "NextDelivery": None,
            "VendorCode": None,
            "HasVariants": False,
            "SubUnit_ParentId": None,
            "WareHouses": [],
            "ShiftPrices": [],
            "FreeValues": [{"Key": "Season", "Value": "2026"}] if number % 5 == 0 else [],
        }

    @staticmethod
    def _status(article: Article) -> int:
        if article.ended:
            return PHASING_OUT
        return {3: INACTIVE, 23: LAPSED}.get(article.number % 40, ACTIVE)

    def visibility(self, article: Article) -> Record:
        """Return what only the filters of GetProducts know of a product."""
        number = article.number
        return {
            "ProductId": FIRST_PRODUCT + number,
            "IsVisibleOnWebShop": number % 9 != 5,
            "IsVisibleInLogic4": number % 14 != 6,
        }

    def stock(self, article: Article) -> Iterator[Record]:
        """Return the stock per warehouse: most in the first, a part in the second, less than none in the last."""
        number = article.number
        if number % 20 == 13:
            return
        shop = article.stock // 4 if number % 3 == 0 else 0
        yield self._stock(article, 1, article.stock - shop, min(article.stock - shop, number % 7))
        if shop:
            yield self._stock(article, 2, shop, Decimal("0.5") if number % 12 == 0 else 0)
        if number % 11 == 0:
            yield self._stock(article, 3, 0, number % 5 + 1)

    @staticmethod
    def _stock(article: Article, warehouse: int, quantity: int, reserved: int | Decimal) -> Record:
        return {
            "ProductId": FIRST_PRODUCT + article.number,
            "ProductCode": article.sku,
            "WarehouseId": warehouse,
            "Qty": pieces(quantity),
            "QtyReserved": pieces(reserved),
            "FreeStock": pieces(quantity - reserved),
        }

    def suppliers(self, article: Article) -> Iterator[Record]:
        """Return who delivers a product: one active supplier for most, a second one for some, none active for a few."""
        number = article.number
        if number % 30 == 8:
            return
        yield self._supplier(article, article.supplier, active=number % 60 != 45)
        if number % 4 == 1:
            yield self._supplier(
                article, article.supplier % len(self._catalogue.suppliers) + 1, active=number % 60 == 21
            )

    def _supplier(self, article: Article, supplier: int, *, active: bool) -> Record:
        number = article.number
        own = article.purchase_price if active else article.purchase_price + Decimal("0.35")
        prices = [{"Key": 1, "Value": own}, {"Key": 24, "Value": (own * Decimal("0.9")).quantize(Decimal("0.001"))}]
        if number % 17 == 0:
            prices = prices[1:] if number % 2 else []
        return {
            "ProductId": FIRST_PRODUCT + number,
            "CreditorId": FIRST_CREDITOR + supplier,
            "CreditorName": self._catalogue.suppliers[supplier - 1].name,
            "CreditorProductCode": f"L{supplier}-{number}" if number % 9 else None,
            "IsActive": active,
            "CreditorBuyPrices": prices,
        }

    def parts(self, article: Article) -> Iterator[Record]:
        """Return the parts of a composed or assembled product: the articles after it; one list in four has a zero."""
        number = article.number
        for place in range(1, 4):
            if number + place <= self._catalogue.size:
                part = self._catalogue.article(number + place)
                yield {
                    "ProductId": FIRST_PRODUCT + part.number,
                    "ProductCode": part.sku,
                    "Qty": pieces(0 if place == 3 and number % 100 == 4 else place),
                    "Sorting": place,
                    "IsStockBasedProduct": True,
                }
