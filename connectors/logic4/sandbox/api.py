"""The routes of the Logic4 API that a coupling uses: nearly all are POST, some take a bare number as the body."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.logic4.sandbox import token
from connectors.logic4.sandbox.buying_changes import BuyingChanges
from connectors.logic4.sandbox.changes import Changes
from connectors.logic4.sandbox.clock import wall
from connectors.logic4.sandbox.company import Company
from connectors.logic4.sandbox.filters import LISTS, RefusedFilterError, found
from connectors.logic4.sandbox.handling import Handling
from connectors.logic4.sandbox.ordering import WRITES, Desk, RefusedWriteError, well_typed
from include.sandbox.answers import array, json_answer
from include.sandbox.remote import Change, Remote
from include.sandbox.world import Record, Row

# Body: the id of a product, or of a buy order.
BARE = {
    "/v1.1/Products/GetSuppliersForProduct": ("product_suppliers", "ProductId"),
    "/v1.1/Products/GetComposedProductComposition": ("composed_parts", None),
    "/v1.1/Products/GetProductAssemblyRecipe": ("assembly_parts", None),
    "/v1/BuyOrders/GetBuyOrderRows": ("buy_order_rows", "BuyOrderId"),
}
# Longer than any month; the name of the count changes with the month.
_MONTH_SECONDS = 10**10


class Logic4(Remote):
    """One administration. `denied` is a part of a path whose module the user has no right for."""

    settings: ClassVar[Mapping[str, int | str]] = {"per_month": 200_000, "administration": 1, "denied": ""}
    coupling_settings: ClassVar[Mapping[str, Any]] = {"supplier_products.price": "buy_price"}
    tested_with: ClassVar[Mapping[str, int | str]] = {"per_month": 10**6}
    id_fields = ("ProductId", "Id", "BuyOrderRowId", "BuyOrderDeliveryId")
    name_fields = ("ProductName1", "CompanyName")
    stock_fields = ("FreeStock",)
    page_parameter = None

    @override
    def build(self) -> None:
        self._company().build()

    @override
    def changes(self) -> Mapping[str, Change]:
        return {**Changes(self._company()).table(), **BuyingChanges(self._company()).table()}

    @override
    def credentials(self, base_url: str) -> dict[str, Any]:
        parts = token.connection(self.world.seed)
        extra = {name: parts[name] for name in ("user_name", "public_key", "secret_key")}
        extra |= {"administration": str(self.set["administration"]), "token_url": f"{base_url}/token"}
        login, password = parts["company_key"], parts["password"]
        return {"conn_type": "http", "host": base_url, "login": login, "password": password, "extra": extra}

    @override
    def refusal(self, status: int) -> Response:
        return json_answer({"Message": "An error has occurred."}, status)

    @override
    def records(self, body: Any) -> list[Record]:
        records = body.get("Records") if isinstance(body, dict) else None
        return records if isinstance(records, list) else []

    @override
    def emptied(self, _body: Any) -> Any:
        return {"Records": [], "RecordsCounter": 0, "ValidationMessages": []}

    @override
    def router(self) -> APIRouter:
        router = APIRouter()
        router.add_route("/token", self._token, ["POST"])
        for path in LISTS:
            router.add_route(path, self._list, ["POST"])
        for path in BARE:
            router.add_route(path, self._bare, ["POST"])
        for path, method in WRITES.items():
            router.add_route(path, self._write, [method])
        return router

    @override
    def purchases(self) -> Handling:
        return Handling(self._company())

    @override
    def is_write(self, method: str, path: str) -> bool:
        return path in WRITES

    def _company(self) -> Company:
        return Company(self.world, self.catalogue)

    async def _token(self, request: Request) -> Response:
        return await token.token(request, self.tokens, self.world.seed, self.number("administration"))

    async def _list(self, request: Request) -> Response:
        body = await self._body(request)
        if isinstance(body, Response):
            return body
        if not isinstance(body, dict):
            return json_answer({"Message": "The request is invalid."}, 400)
        try:
            return _answer(found(self.world, request.url.path, body))
        except RefusedFilterError as refusal:
            return json_answer({"Records": None, "RecordsCounter": 0, "ValidationMessages": [str(refusal)]})

    async def _bare(self, request: Request) -> Response:
        body = await self._body(request)
        if isinstance(body, Response):
            return body
        if type(body) is not int:
            return json_answer({"Message": "The request is invalid."}, 400)
        collection, field = BARE[request.url.path]
        rows = self.world[collection]
        if field is None:
            return _answer([row for row in rows if row.key.startswith(f"{body}_")])
        of_one = [row for row in rows if row.data[field] == body]
        # Rows of drafts are not answered here.
        return _answer([row for row in of_one if row.data.get("OrderedOnDateByDistributor", "") is not None])

    async def _write(self, request: Request) -> Response:
        body = await self._body(request)
        if isinstance(body, Response):
            return body
        if not isinstance(body, dict) or not well_typed(body):
            return json_answer({"Message": "The request is invalid."}, 400)
        try:
            value = Desk(self.purchases()).writes()[request.url.path](body)
        except RefusedWriteError as invalid:
            return json_answer({"Value": None, "ValidationMessages": [str(invalid)]})
        return json_answer({"Value": value, "ValidationMessages": []})

    async def _body(self, request: Request) -> Any:
        """Return the decoded body, or the refusal of a call that has no right, no proof, or no call left."""
        if not self.tokens.good(request.headers.get("authorization")):
            return json_answer({"Message": "Authorization has been denied for this request."}, 401)
        denied = str(self.set["denied"])
        if denied and denied in request.url.path:
            return json_answer({"Message": "Forbidden"}, 403)
        month = f"month:{wall(self.world.clock.now()):%Y-%m}"
        # The shape of this answer is not documented, and no header tells what is left.
        if not self.limits.take(month, self.number("per_month"), _MONTH_SECONDS).allowed:
            return Response(None, 429)
        if not request.headers.get("content-type", "").startswith("application/json"):
            return json_answer({"Message": "Unsupported media type"}, 415)
        try:
            return msgspec.json.Decoder(float_hook=Decimal).decode(await request.body())
        except msgspec.DecodeError:
            return json_answer({"Message": "The request is invalid."}, 400)


def _answer(rows: list[Row]) -> Response:
    """Answer a page in the envelope of v1; RecordsCounter counts the page."""
    head, tail = b'{"Records":', f',"RecordsCounter":{len(rows)},"ValidationMessages":[]}}'
    return json_answer(head + array(row.written() for row in rows) + tail.encode())
