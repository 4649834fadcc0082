"""The writes that a coupling makes: purchase orders and their lines, warehouse transfers, shop orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.exact_online.sandbox import writing
from connectors.exact_online.sandbox.handling import Handling
from connectors.exact_online.sandbox.making import Making
from connectors.exact_online.sandbox.odata import BadQueryError, date
from connectors.exact_online.sandbox.purchases import CANCELLED, COMPLETE
from connectors.exact_online.sandbox.transfers import add_transfer
from include.sandbox.world import Record

# Takes the body and the guid in the path; returns the guid of what was made, or None for an answer without a body.
Write = Callable[[Any, str], str | None]


class Desk:
    """Where a company's records are written. `demand` is a field without which it takes no new purchase order."""

    def __init__(self, handling: Handling, making: Making, demand: str) -> None:
        self._handling, self._making, self._demand = handling, making, demand
        self._world = handling.world

    def writes(self) -> Mapping[tuple[str, str], Write]:
        """Return what is done by method and path. All raise BadQueryError (400) or KeyError (404)."""
        orders, lines = "purchaseorder/PurchaseOrders", "purchaseorder/PurchaseOrderLines"
        return {
            ("POST", orders): self._create,
            ("PUT", orders): self._update,
            ("DELETE", orders): self._delete,
            ("POST", lines): self._add_line,
            ("PUT", lines): self._update_line,
            ("DELETE", lines): self._delete_line,
            ("POST", "inventory/WarehouseTransfers"): self._transfer,
            ("POST", "manufacturing/ShopOrders"): self._produce,
        }

    def _create(self, body: Any, _guid: str) -> str:
        given = writing.checked(writing.ORDER, body, self._world)
        for line in given["PurchaseOrderLines"]:
            _positive(line)
            self._buyable(line["Item"], given["Supplier"])
        if self._demand:
            raise BadQueryError(f"Verplicht: {self._demand}")
        return self._handling.make(given)

    def _update(self, body: Any, guid: str) -> None:
        header = self._changeable(guid)
        given = writing.checked(writing.ORDER, body, self._world, new=False)
        if given.pop("Supplier", header["Supplier"]) != header["Supplier"]:
            raise BadQueryError("Leverancier kan niet worden gewijzigd")
        given.pop("PurchaseOrderLines", None)
        self._handling.change_header(guid, **given)

    def _delete(self, _body: Any, guid: str) -> None:
        self._changeable(guid)
        if any(row["ReceivedQuantity"] for row in self._handling.rows(guid)):
            raise BadQueryError("Verwijderen niet mogelijk: er zijn goederen ontvangen")
        self._handling.remove(guid)

    def _add_line(self, body: Any, _guid: str) -> str:
        given = writing.checked(writing.NEW_LINE, body, self._world)
        _positive(given)
        self._buyable(given["Item"], self._changeable(given["PurchaseOrderID"])["Supplier"])
        return self._handling.add_line(given)

    def _update_line(self, body: Any, guid: str) -> None:
        row = self._line(guid)
        given = writing.checked(writing.LINE, body, self._world, new=False)
        if given.pop("Item", row["Item"]) != row["Item"]:
            raise BadQueryError("Artikel kan niet worden gewijzigd")
        _positive({**row, **given})
        pieces = row["Quantity"] / row["QuantityInPurchaseUnits"]
        if given.get("QuantityInPurchaseUnits", row["QuantityInPurchaseUnits"]) * pieces < row["ReceivedQuantity"]:
            raise BadQueryError("Aantal is lager dan ontvangen aantal")
        self._handling.change_line(guid, **given)

    def _delete_line(self, _body: Any, guid: str) -> None:
        row = self._line(guid)
        if row["ReceivedQuantity"]:
            raise BadQueryError("Verwijderen niet mogelijk: er zijn goederen ontvangen")
        if len(self._handling.rows(row["PurchaseOrderID"])) == 1:
            raise BadQueryError("Verplicht: Regels")
        self._handling.remove_line(guid)

    def _transfer(self, body: Any, _guid: str) -> str:
        given = writing.checked(writing.TRANSFER, body, self._world)
        if given["WarehouseFrom"] == given["WarehouseTo"]:
            raise BadQueryError("Ongeldige waarde: Magazijn naar")
        return add_transfer(self._world, self._making.items, given)

    def _produce(self, body: Any, _guid: str) -> str:
        given = writing.checked(writing.SHOP_ORDER, body, self._world)
        if not self._world["items"][given["Item"]].data["IsMakeItem"]:
            raise BadQueryError("Ongeldige waarde: Artikel is geen maakartikel")
        return self._making.make(given)

    def _buyable(self, item: str, supplier: str) -> None:
        """Refuse what support sees refused (model reference, section on support topics)."""
        data, now = self._world["items"][item].data, date(self._world.clock.now())
        if data["EndDate"] is not None and data["EndDate"] <= str(now):
            raise BadQueryError(f"Artikel is niet actief: {data['Code']}")
        if not data["IsPurchaseItem"]:
            raise BadQueryError(f"Artikel kan niet worden ingekocht: {data['Code']}")
        offers = (row.data for row in self._world["supplier_items"] if row.data["Item"] == item)
        if all(offer["Supplier"] != supplier for offer in offers):
            raise BadQueryError(f"Artikel is niet gekoppeld aan de leverancier: {data['Code']}")

    def _changeable(self, order: str) -> Record:
        header = self._handling.rows(order)[0]
        if CANCELLED in (header["OrderStatus"], header["ReceiptStatus"]) or header["ReceiptStatus"] == COMPLETE:
            raise BadQueryError("Inkooporder is afgehandeld en kan niet worden gewijzigd")
        return header

    def _line(self, guid: str) -> Record:
        row = self._world["purchases"][guid].data
        self._changeable(row["PurchaseOrderID"])
        return row


def _positive(line: Record) -> None:
    if not line["QuantityInPurchaseUnits"]:
        raise BadQueryError("Ongeldige waarde: Aantal")
