"""The writes to buy orders. What is wrong is told with status 200 and messages; what is no number at all, with 400."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from connectors.logic4.sandbox.clock import read
from connectors.logic4.sandbox.handling import Handling
from include.sandbox.world import Record

BRANCHES = (1, 2)
NUMBERS = frozenset({"Id", "CreditorId", "BuyOrderId", "BuyOrderRowId", "ProductId", "BranchId", "SupplierId",
                     "DatabaseAdministrationId"})  # fmt: skip
DECIMALS = frozenset({"QtyToOrder", "QtyToDeliver", "Price", "Qty_Delivered"})
TEXTS = frozenset({"Remarks", "FreeValue1", "FreeValue2", "FreeValue3", "Description", "InternalNote"})
TIMES = frozenset({"CreatedAt", "ExpectedDeliveryDate", "OrderedOnDateByDistributor"})
CREATE, UPDATE = "/v1/BuyOrders/CreateBuyOrder", "/v1/BuyOrders/UpdateBuyOrder"
ADD_ROW, UPDATE_ROW = "/v1/BuyOrders/AddBuyOrderRow", "/v1/BuyOrders/UpdateBuyOrderRow"
BOTH, DELIVER = "/v1/BuyOrders/AddUpdateBuyOrderRow", "/v1/BuyOrderDeliveries/CreateBuyOrderDelivery"
# As the client generated from Logic4's own description has it: changing a row is the one that is no POST.
WRITES = {CREATE: "POST", UPDATE: "POST", ADD_ROW: "POST", UPDATE_ROW: "PATCH", BOTH: "POST", DELIVER: "POST"}


class RefusedWriteError(ValueError):
    """What Logic4 answers with status 200 and a validation message."""


class Desk:
    """Where buy orders are written."""

    def __init__(self, handling: Handling) -> None:
        self._handling, self._world = handling, handling.world

    def writes(self) -> Mapping[str, Callable[[Record], Any]]:
        """Return what each path does and answers as `Value`. All raise RefusedWriteError."""
        return {
            CREATE: self._create,
            UPDATE: self._update,
            ADD_ROW: self._add_row,
            UPDATE_ROW: self._update_row,
            BOTH: lambda body: (self._update_row if body.get("BuyOrderRowId") else self._add_row)(body),
            DELIVER: self._deliver,
        }

    def _create(self, body: Record) -> Record:
        self._check_header(body, needed=True)
        rows = body.get("BuyOrderRows")
        if not rows:
            raise RefusedWriteError("BuyOrderRows is verplicht")
        for row in rows:
            self._check_row(row)
        return self._handling.make(body)

    def _update(self, body: Record) -> Record:
        order = self._open_order(body.get("Id"))
        self._check_header(body, needed=False)
        fields = {
            name: body[name]
            for name in ("CreditorId", "Remarks", "BranchId", "BuyOrderClosed", "CreatedAt")
            if body.get(name) is not None
        }
        if "CreditorId" in fields:
            creditor = self._world["creditors"][str(fields["CreditorId"])].data
            fields["CreditorCompanyName"] = creditor["CompanyName"]
        self._handling.touch(order["Id"], **fields)
        return order

    def _add_row(self, body: Record) -> bool:
        order = self._open_order(body.get("BuyOrderId"))
        self._check_row(body)
        # This call has no QtyToDeliver: all of it is awaited.
        self._handling.add_row(order["Id"], {**body, "QtyToDeliver": body["QtyToOrder"]})
        return True

    def _update_row(self, body: Record) -> bool:
        row = self._world["buy_order_rows"].rows.get(str(body.get("BuyOrderRowId")))
        if row is None:
            raise RefusedWriteError("BuyOrderRowId is niet gevonden")
        self._open_order(row.data["BuyOrderId"])
        wanted, came = body.get("QtyToOrder"), row.data["QtyToOrder"] - row.data["QtyToDeliver"]
        if wanted is not None and wanted < came:
            raise RefusedWriteError("QtyToOrder is lager dan het geleverde aantal")
        self._handling.change_row(row.data["BuyOrderRowId"], **{k: v for k, v in body.items() if v is not None})
        return True

    def _deliver(self, body: Record) -> Record:
        order = self._open_order(body.get("BuyOrderId"))
        rows = {str(row.get("BuyOrderRowId")): row.get("Qty_Delivered") or 0 for row in body.get("Rows") or []}
        if not rows:
            raise RefusedWriteError("Rows is verplicht")
        if set(rows) - set(self._handling.open(str(order["Id"]))):
            raise RefusedWriteError("BuyOrderRowId is niet gevonden")
        try:
            self._handling.receive(str(order["Id"]), {key: Decimal(number) for key, number in rows.items()})
        except ValueError:
            raise RefusedWriteError("De inkooporder is nog niet besteld") from None
        last: Record = list(self._world["deliveries"])[-1].data
        return last

    def _check_header(self, body: Record, *, needed: bool) -> None:
        creditor, branch = body.get("CreditorId"), body.get("BranchId")
        if (needed or creditor is not None) and str(creditor) not in self._world["creditors"]:
            raise RefusedWriteError("CreditorId is niet gevonden")
        if branch is not None and branch not in BRANCHES:
            raise RefusedWriteError("BranchId is niet gevonden")

    def _check_row(self, row: Record) -> None:
        if str(row.get("ProductId")) not in self._world["products"]:
            raise RefusedWriteError(f"ProductId {row.get('ProductId')} is niet gevonden")
        if not (row.get("QtyToOrder") or 0) > 0:
            raise RefusedWriteError("QtyToOrder moet groter zijn dan 0")

    def _open_order(self, key: object) -> Record:
        row = self._world["buy_orders"].rows.get(str(key))
        if row is None:
            raise RefusedWriteError("BuyOrderId is niet gevonden")
        if row.data["BuyOrderClosed"]:
            raise RefusedWriteError("De inkooporder is gesloten")
        return row.data


def well_typed(value: Any, name: str = "") -> bool:
    """Whether all members of a body have their type; those that nobody knows may have any."""
    if isinstance(value, dict):
        return all(well_typed(inside, key) for key, inside in value.items())
    if name in ("BuyOrderRows", "Rows"):
        return isinstance(value, list) and all(isinstance(row, dict) and well_typed(row) for row in value)
    if value is None:
        return True
    if name in TIMES:
        return _is_time(value)
    kinds: tuple[tuple[frozenset[str], tuple[type, ...]], ...] = (
        (NUMBERS, (int,)), (DECIMALS, (int, Decimal)), (TEXTS, (str,)), (frozenset({"BuyOrderClosed"}), (bool,)),
    )  # fmt: skip
    return all(type(value) in types for names, types in kinds if name in names)


def _is_time(value: Any) -> bool:
    try:
        read(value)
    except (TypeError, ValueError):
        return False
    return True
