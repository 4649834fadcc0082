"""The routes of the Magento REST API that a coupling reads, under each of the addresses that shops have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.magento.sandbox import stock
from connectors.magento.sandbox.changes import Shop
from connectors.magento.sandbox.errors import NO_ENTITY, NO_PRODUCT, error
from connectors.magento.sandbox.proof import ORGANIZATION, Guard, keys
from connectors.magento.sandbox.search import Fields, Search, listing, read, trimmed, trimming
from connectors.magento.sandbox.webhooks import CommerceSender, Webhooks
from include.sandbox.answers import RefusedError, json_answer, json_body
from include.sandbox.catalogue import Catalogue
from include.sandbox.remote import Change, Remote
from include.sandbox.world import JSON, Collection, Record, Row, World

STORES = ("default", "all", "en")
TENANT = "Tn4ntIdOfTheShop"
ROOTS = ("/rest/V1", "/rest/{store}/V1", "/index.php/rest/{store}/V1", "/{tenant}/V1")
Handler = Callable[[Request], Response]
_PLAIN = (
    "sku",
    "name",
    "status",
    "visibility",
    "type_id",
    "attribute_set_id",
    "price",
    "weight",
    "created_at",
    "updated_at",
)
PRODUCT_COLUMNS = {"entity_id": "id", "store_id": "id"} | {name: name for name in _PLAIN}
ORDER_COLUMNS = {
    name: name
    for name in (
        "entity_id",
        "increment_id",
        "store_id",
        "state",
        "status",
        "created_at",
        "updated_at",
        "base_subtotal",
    )
}


class Magento(Remote):
    """A Magento shop.

    `past_end`: what is behind the last page, `repeat` or (later 2.4 versions) `empty`; `max_page_size`: the shop's
    input limit, 0 = none; `bearer`: 1 = integration tokens are good as bearer tokens; `denied`: a resource the
    integration may not read, e.g. Magento_Sales::sales; `unlistable`: the id of an order with a deleted product that
    makes every list with it fail (API page, trap 6), 0 = none;
    `commerce`: 1 = Adobe Commerce, which has webhooks.
    """

    settings: ClassVar[Mapping[str, int | str]] = {
        "past_end": "repeat",
        "max_page_size": 300,
        "bearer": 0,
        "denied": "",
        "unlistable": 0,
        "commerce": 0,
    }
    id_fields = ("sku", "entity_id")
    stock_fields = ("qty", "quantity")
    # A changed page number would break the signature; the last page repeats by itself here.
    page_parameter = None

    def __init__(self, world: World, catalogue: Catalogue, settings: Mapping[str, int | str] | None = None) -> None:
        super().__init__(world, catalogue, settings)
        self._guard = Guard(world.seed, self.tokens, bearer_allowed=bool(self.number("bearer")))

    @override
    def build(self) -> None:
        Shop(self.world, self.catalogue).build()

    @override
    def changes(self) -> Mapping[str, Change]:
        return Shop(self.world, self.catalogue).changes()

    @override
    def credentials(self, base_url: str) -> dict[str, Any]:
        held = keys(self.world.seed)
        extra = {
            "access_token": held.access_token,
            "access_token_secret": held.access_token_secret,
            "token_url": f"{base_url}/ims/token/v3",
            "saas_host": f"{base_url}/{TENANT}",
            "saas_organization": ORGANIZATION,
        }
        login, password = held.consumer_key, held.consumer_secret
        return {"conn_type": "http", "host": f"{base_url}/rest", "login": login, "password": password, "extra": extra}

    @override
    def refusal(self, status: int) -> Response:
        return error("Er is een interne fout opgetreden. Rapport-ID: webapi-%id", status, id="65f1c0ffee")

    @override
    def records(self, body: Any) -> list[dict[str, Any]]:
        if isinstance(body, dict) and "items" in body and "total_count" in body:
            return list(body["items"])
        return [body] if isinstance(body, dict) and "stock_item" in body else []

    @override
    def emptied(self, body: Any) -> Any:
        return {**body, "items": []}

    @override
    def sender(self) -> CommerceSender:
        return CommerceSender()

    @override
    def router(self) -> APIRouter:
        handlers: dict[str, tuple[str, Handler]] = {
            "/products": ("Magento_Catalog::products", self._products),
            "/products/{sku:path}": ("Magento_Catalog::products", self._product),
            "/stockStatuses/{sku:path}": ("Magento_CatalogInventory::cataloginventory", self._status),
            "/stockItems/lowStock/": ("Magento_CatalogInventory::cataloginventory", self._low_stock),
            "/inventory/source-items": ("Magento_InventoryApi::source", self._source_items),
            "/inventory/export-stock-salable-qty/website/{website}": ("Magento_InventoryApi::stock", self._export),
            "/orders": ("Magento_Sales::sales", self._orders),
            "/orders/{id}": ("Magento_Sales::sales", self._order),
        }
        router = APIRouter()
        router.add_route("/ims/token/v3", self._guard.token, ["POST"])
        for root in ROOTS:
            for path, (resource, handler) in handlers.items():
                router.add_route(root + path, self._guarded(resource, handler), ["GET"])
            for method, path, act in self._webhooks():
                router.add_route(root + path, act, [method])
        router.add_route("/{rest:path}", self._guarded("", self._nothing), ["GET"])
        return router

    def _webhooks(self) -> list[tuple[str, str, Callable[[Request], Awaitable[Response]]]]:
        """Return the routes of Adobe Commerce's webhooks; Open Source has none."""
        webhooks = Webhooks(self.post)

        def reading(act: Callable[[Request, dict[str, Any]], Response]) -> Callable[[Request], Awaitable[Response]]:
            async def answer(request: Request) -> Response:
                body = (await json_body(request) if request.method == "POST" else None) or {}
                handler: Handler = (lambda given: act(given, body)) if self.number("commerce") else self._nothing
                return await self._guarded("", handler)(request)

            return answer

        return [
            ("GET", "/webhooks/list", reading(webhooks.list)),
            ("POST", "/webhooks/subscribe", reading(webhooks.subscribe)),
            ("POST", "/webhooks/unsubscribe", reading(webhooks.unsubscribe)),
        ]

    def _guarded(self, resource: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            tenant = request.path_params.get("tenant")
            if tenant == TENANT:
                self._guard.saas(request)
            else:
                self._guard.shop(request)
            if tenant not in (None, TENANT) or _store(request) not in STORES:
                return error("De opgegeven winkelweergave is niet gevonden.", 404)
            if resource and resource in str(self.set["denied"]):
                return error("De consument heeft geen toegang tot %resources.", 401, resources=resource)
            return handler(request)

        return answer

    def _nothing(self, _request: Request) -> Response:
        return error("Aanvraag komt niet overeen met een route.", 404)

    def _products(self, request: Request) -> Response:
        return self._list(request, self.world["products"], PRODUCT_COLUMNS)

    def _product(self, request: Request) -> Response:
        """Answer one product, which has its stock record with it."""
        data = dict(self._by_sku(request).data)
        inside = self.world["stock_statuses"][str(data["id"])].data["stock_item"]
        data["extension_attributes"] = data["extension_attributes"] | {"stock_item": inside}
        return json_answer(trimmed(_dressed(data, _store(request)), trimming(request.query_params.get("fields"))))

    def _status(self, request: Request) -> Response:
        return json_answer(self.world["stock_statuses"][str(self._by_sku(request).data["id"])].written())

    def _low_stock(self, request: Request) -> Response:
        return stock.low(request, self.world["stock_statuses"], str(self.set["past_end"]))

    def _source_items(self, request: Request) -> Response:
        columns = {"source_item_id": "source_item_id", "sku": "sku", "source_code": "source_code", "status": "status"}
        return self._list(request, self.world["source_items"], columns)

    def _export(self, request: Request) -> Response:
        if request.path_params["website"] != "base":
            return error(NO_ENTITY, 404, fieldName="website_code", fieldValue=request.path_params["website"])
        rows = stock.salable(self.world)
        search = read(request, {"sku": "sku"}, self.number("max_page_size"))
        return self._answer(request, search, [row for row in rows if search.passes(row.data)])

    def _orders(self, request: Request) -> Response:
        return self._list(request, self.world["orders"], ORDER_COLUMNS, str(self.set["unlistable"]))

    def _order(self, request: Request) -> Response:
        key = request.path_params["id"]
        row = self.world["orders"].rows.get(key)
        if row is None:
            return error(NO_ENTITY, 404, fieldName="entity_id", fieldValue=key)
        return error(NO_PRODUCT, 404) if key == str(self.set["unlistable"]) else json_answer(row.written())

    def _by_sku(self, request: Request) -> Row:
        """Find a product by the SKU in the path, whatever it holds. Raises RefusedError."""
        sku = request.path_params["sku"].casefold()
        rows = self.world["products"].view("by sku", None, lambda row: row.data["sku"].casefold())
        found = next((row for row in rows if row.data["sku"].casefold() == sku), None)
        if found is None:
            raise RefusedError(error(NO_PRODUCT, 404))
        return found

    def _list(
        self, request: Request, collection: Collection, columns: Mapping[str, str], broken: str | None = None
    ) -> Response:
        search = read(request, columns, self.number("max_page_size"))
        rows = collection.view((search.groups, search.sorts), lambda row: search.passes(row.data), _order(search))
        return self._answer(request, search, rows, broken)

    def _answer(self, request: Request, search: Search, rows: list[Row], broken: str | None = None) -> Response:
        page = search.chosen(rows, str(self.set["past_end"]))
        if any(row.key == broken for row in page):
            return error(NO_PRODUCT, 404)
        text = request.query_params.get("fields")
        trim, store = trimming(text), _store(request)
        inside: Fields | None = None if trim is None else trim.get("items")

        def dress(row: Row) -> bytes:
            return row.written((text, store), lambda data: JSON.encode(trimmed(_dressed(data, store), inside)))

        return json_answer(listing(page, search.echo(), len(rows), trim, dress))


def _store(request: Request) -> str:
    given = request.path_params.get("store") or request.headers.get("store") or "default"
    return str(given)


def _order(search: Search) -> Callable[[Row], Any]:
    # Where nobody asks for an order, rows come as the database finds them: here by their time of change.
    return lambda row: search.order(row.data) if search.sorts else row.data.get("updated_at", "")


def _dressed(data: Record, store: str) -> Record:
    """Return a product as a store view shows it: the English one has names of its own (API page, trap 7)."""
    return data | {"name": f"{data['name']} EN"} if store == "en" and "type_id" in data else data
