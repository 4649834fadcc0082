"""The routes of the BigCommerce API that a coupling reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.bigcommerce.sandbox import proof
from connectors.bigcommerce.sandbox.pages import cut, only, page_v3, since
from connectors.bigcommerce.sandbox.shop import Shop
from include.sandbox.answers import RefusedError, array, json_answer
from include.sandbox.remote import Change, Remote
from include.sandbox.world import JSON, Record, Row

PAGES = ("page", "limit")


class Bigcommerce(Remote):
    """One store of BigCommerce: the catalog in V3, orders in V2."""

    settings: ClassVar[Mapping[str, int | str]] = {"per_window": 150}
    tested_with: ClassVar[Mapping[str, int | str]] = {"per_window": 10**6}
    stock_fields = ("inventory_level",)
    page_parameter = "page"

    @override
    def build(self) -> None:
        Shop(self.world, self.catalogue).build()

    @override
    def changes(self) -> Mapping[str, Change]:
        return Shop(self.world, self.catalogue).changes()

    @override
    def credentials(self, base_url: str) -> dict[str, Any]:
        return proof.credentials(self, base_url)

    @override
    def refusal(self, status: int) -> Response:
        return json_answer({"status": status, "title": "the request failed", "errors": {}}, status)

    @override
    def records(self, body: Any) -> list[Record]:
        found = body.get("data", []) if isinstance(body, dict) else body
        return found if isinstance(found, list) else []

    @override
    def emptied(self, body: Any) -> Any:
        return {**body, "data": []} if isinstance(body, dict) else []

    @override
    def router(self) -> APIRouter:
        router = APIRouter()
        routes = {
            "/v3/catalog/products": self._products,
            "/v3/catalog/variants": self._variants,
            "/v2/orders": self._orders,
            "/v2/orders/{id}": self._order,
            "/v2/orders/{id}/products": self._order_products,
        }
        for path, answer in routes.items():
            router.add_route("/stores/{store}" + path, answer, ["GET"])
        return router

    async def _products(self, request: Request) -> Response:
        headers = proof.admitted(self, request)
        only(request, (*PAGES, "id", "sort", "direction", "date_modified:min"))
        rows = _with_id(request, self._changed(request, "products", "date_modified:min"))
        return json_answer(page_v3(request, rows), headers=headers)

    async def _variants(self, request: Request) -> Response:
        headers = proof.admitted(self, request)
        only(request, (*PAGES, "id"))
        rows = _with_id(request, self.world["variants"].view("all", None, _by_id))
        return json_answer(page_v3(request, rows), headers=headers)

    async def _orders(self, request: Request) -> Response:
        headers = proof.admitted(self, request)
        only(request, (*PAGES, "sort", "min_date_modified", "min_id"))
        least = int(request.query_params.get("min_id", "0"))
        rows = [row for row in self._changed(request, "orders", "min_date_modified") if int(row.key) >= least]
        return _page_v2([JSON.encode(row.data) for row in cut(request, rows)[0]], headers)

    async def _order(self, request: Request) -> Response:
        headers = proof.admitted(self, request)
        return json_answer(self._asked_for(request).data, headers=headers)

    async def _order_products(self, request: Request) -> Response:
        headers = proof.admitted(self, request)
        only(request, PAGES)
        lines = self.world["order_products"][self._asked_for(request).key].data["lines"]
        rows = [Row(str(line["id"]), line, self.world.clock.now(), 0) for line in lines]
        return _page_v2([JSON.encode(row.data) for row in cut(request, rows)[0]], headers)

    def _asked_for(self, request: Request) -> Row:
        """Return the order in the path, also an archived one. Refuses with 404."""
        orders = self.world["orders"]
        if request.path_params["id"] not in orders:
            raise RefusedError(proof.refusal(404, "The requested resource was not found.", request))
        return orders[request.path_params["id"]]

    def _changed(self, request: Request, name: str, parameter: str) -> list[Row]:
        """Return the rows that changed since the time in `parameter`, by id, without archived ones."""
        moment = since(request, parameter)
        return self.world[name].view(
            ("list", moment),
            lambda row: (
                not row.data.get("is_deleted") and (moment is None or row.modified.replace(microsecond=0) >= moment)
            ),
            _by_id,
        )


def _by_id(row: Row) -> int:
    return int(row.key)


def _with_id(request: Request, rows: list[Row]) -> list[Row]:
    """Return the rows with the id asked for; all where none is."""
    asked = request.query_params.get("id")
    return rows if asked is None else [row for row in rows if row.key == asked]


def _page_v2(records: list[bytes], headers: dict[str, str]) -> Response:
    """Answer a list, or 204 without a body where there is nothing to list."""
    if not records:
        return Response(status_code=204, headers=headers)
    return json_answer(array(records), headers=headers)
