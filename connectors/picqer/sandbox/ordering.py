"""The writes to purchase orders: what Picqer demands of them, and its words where it refuses."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.responses import Response

from connectors.picqer.sandbox.handling import Handling
from connectors.picqer.sandbox.purchasing import HEADER
from include.sandbox.answers import RefusedError, json_answer, json_body
from include.sandbox.world import Record

# Published codes of Picqer's errors: of parameters, of what is not there, of what may no longer change.
MISSING, NOT_FOUND, FIXED = 5, 20, 33
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Handler = Callable[[Request], Awaitable[Response]]


def error(code: int, message: str, status: int) -> Response:
    """Return Picqer's error body; clients match the code, the text may be Dutch."""
    return json_answer({"error": True, "error_code": code, "error_message": message}, status)


class Desk:
    """Where purchase orders are written. `demand` names a field without which this account takes no new one."""

    def __init__(self, handling: Handling, demand: str) -> None:
        self._handling, self._dock, self._demand = handling, handling.dock, demand
        self._world, self._orders = handling.dock.world, handling.orders

    def handlers(self) -> Mapping[tuple[str, str], Handler]:
        """Return what answers which method and path."""
        order, line = "/purchaseorders/{key}", "/purchaseorders/{key}/products/{line}"
        return {
            ("POST", "/purchaseorders"): self._create,
            ("PUT", order): self._update,
            ("POST", f"{order}/mark-as-purchased"): self._purchase,
            ("POST", f"{order}/cancel"): self._cancel,
            ("POST", f"{order}/products"): self._add,
            ("PUT", line): self._change_line,
            ("DELETE", line): self._remove_line,
        }

    async def _create(self, request: Request) -> Response:
        body = await _members(request)
        self._check_header(body)
        if not self._dock.fulfilment and body.get("idsupplier") is None and not body.get("supplier_name"):
            _refuse("Verplicht: idsupplier of supplier_name")
        if self._dock.fulfilment and not body.get("supplier_name"):
            _refuse("Verplicht: supplier_name")
        lines = body.get("products")
        if not isinstance(lines, list) or not lines:
            _refuse("Verplicht: products")
        for line in lines:
            self._check_line(line)
        if self._demand:
            _refuse(f"Verplicht: {self._demand}")
        return json_answer(self._handling.make(body, self._now()), 201)

    async def _update(self, request: Request) -> Response:
        order, body = self._changeable(request), await _members(request)
        self._check_header(body)
        self._dock.save(str(order["idpurchaseorder"]), self._now(), **{k: body[k] for k in HEADER if k in body})
        return self._answer(request)

    async def _purchase(self, request: Request) -> Response:
        order = self._order(request)
        if order["status"] != "concept":
            _refuse("Inkooporder is geen concept", FIXED)
        if not order["products"]:
            _refuse("Inkooporder heeft geen producten", FIXED)
        self._dock.purchase(request.path_params["key"], self._now(), due=order["delivery_date"])
        return self._answer(request)

    async def _cancel(self, request: Request) -> Response:
        self._changeable(request)
        self._dock.cancel(request.path_params["key"], self._now())
        return self._answer(request)

    async def _add(self, request: Request) -> Response:
        order, given = self._changeable(request), await _members(request)
        self._check_line(given)
        line = self._handling.add_line(str(order["idpurchaseorder"]), given, self._now())
        return json_answer(line, 201)

    async def _change_line(self, request: Request) -> Response:
        self._changeable(request)
        given, line = await _members(request), self._line(request)
        new = {name: given[name] for name in ("amount", "price", "delivery_date") if name in given}
        self._check_line({"idproduct": line["idproduct"], "amount": line["amount"], **new})
        if new.get("amount", line["amount"]) < line["amountreceived"]:
            _refuse("Aantal is lager dan al ontvangen", FIXED)
        key = str(line["idpurchaseorder_product"])
        self._handling.change_line(request.path_params["key"], key, self._now(), **new)
        return json_answer(self._line(request))

    async def _remove_line(self, request: Request) -> Response:
        self._changeable(request)
        if self._line(request)["amountreceived"]:
            _refuse("Product is al ontvangen", FIXED)
        self._handling.remove_line(request.path_params["key"], request.path_params["line"], self._now())
        return self._answer(request)

    def _check_header(self, body: Record) -> None:
        for name, collection in (("idsupplier", "suppliers"), ("idwarehouse", "warehouses")):
            value = body.get(name)
            if value is not None and (type(value) is not int or str(value) not in self._world[collection]):
                _refuse(f"Ongeldige waarde: {name}")
        for name in ("supplier_orderid", "remarks", "supplier_name", "language"):
            if not isinstance(body.get(name), str | None):
                _refuse(f"Ongeldige waarde: {name}")
        _check_day(body.get("delivery_date"))

    def _check_line(self, line: Any) -> None:
        if not isinstance(line, dict) or line.get("idproduct") is None or line.get("amount") is None:
            _refuse("Verplicht: products.idproduct en products.amount")
        product, amount, price = line["idproduct"], line["amount"], line.get("price")
        if type(product) is not int or str(product) not in self._world["products"]:
            _refuse(f"Product niet gevonden: {product}")
        if type(amount) is not int or amount < 1:
            _refuse("Ongeldige waarde: products.amount")
        if price is not None and (type(price) not in (int, Decimal) or price < 0):
            _refuse("Ongeldige waarde: products.price")
        _check_day(line.get("delivery_date"))

    def _order(self, request: Request) -> Record:
        row = self._orders.rows.get(request.path_params["key"])
        if row is None:
            raise RefusedError(error(NOT_FOUND, "Niet gevonden", 404))
        return row.data

    def _changeable(self, request: Request) -> Record:
        order = self._order(request)
        if order["status"] in ("received", "cancelled"):
            _refuse(f"Inkooporder met status {order['status']} kan niet worden gewijzigd", FIXED)
        return order

    def _line(self, request: Request) -> Record:
        lines = self._order(request)["products"]
        found = [line for line in lines if str(line["idpurchaseorder_product"]) == request.path_params["line"]]
        if not found:
            raise RefusedError(error(NOT_FOUND, "Niet gevonden", 404))
        return dict(found[0])

    def _answer(self, request: Request) -> Response:
        return json_answer(self._orders[request.path_params["key"]].written())

    def _now(self) -> datetime:
        return self._world.clock.now()


async def _members(request: Request) -> Record:
    body = await json_body(request)
    if not isinstance(body, dict):
        _refuse("Ongeldige JSON")
    return dict(body)


def _check_day(text: object) -> None:
    if text is not None and not (isinstance(text, str) and DAY.fullmatch(text)):
        _refuse("Ongeldige waarde: delivery_date")


def _refuse(message: str, code: int = MISSING) -> NoReturn:
    raise RefusedError(error(code, message, 400))
