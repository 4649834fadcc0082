"""The routes of the WooCommerce REST API v3 that a coupling reads."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.woocommerce.sandbox.changes import Shop
from connectors.woocommerce.sandbox.query import ORDER_STATUSES, PRODUCT_STATUSES, ListQuery, error, read
from connectors.woocommerce.sandbox.webhooks import Handler, ShopSender, Webhooks
from include.sandbox.answers import RefusedError, array, basic_credentials, json_answer, json_body
from include.sandbox.remote import Change, Remote
from include.sandbox.tokens import secret
from include.sandbox.world import JSON, Collection, Record, Row

ROOT = "/wp-json/wc/v3"
SECRETS = ("consumer_key", "consumer_secret")


class WooCommerce(Remote):
    """A WooCommerce shop. `version` below 5.6 ignores the filters on the time of change."""

    page_parameter = "offset"

    settings: ClassVar[Mapping[str, int | str]] = {"version": "8.9.1"}
    stock_fields = ("stock_quantity",)

    @override
    def build(self) -> None:
        Shop(self.world, self.catalogue).build()

    @override
    def changes(self) -> Mapping[str, Change]:
        return Shop(self.world, self.catalogue).changes()

    @override
    def credentials(self, base_url: str) -> dict[str, Any]:
        key, hidden = self._keys()
        return {"conn_type": "http", "host": base_url, "login": key, "password": hidden, "extra": {}}

    @override
    def refusal(self, status: int) -> Response:
        return error("internal_server_error", "Er heeft zich een kritieke fout voorgedaan.", status)

    @override
    def sender(self) -> ShopSender:
        return ShopSender(self.world)

    @override
    def router(self) -> APIRouter:
        handlers = {
            "/products": self._products,
            "/products/{id}": self._product,
            "/products/{id}/variations": self._variations,
            "/products/{id}/variations/{variation}": self._variation,
            "/orders": self._orders,
            "/orders/{id}": self._order,
            "/system_status": self._system_status,
            "/{rest:path}": self._nothing,
        }
        router = APIRouter()
        for (method, path), act in Webhooks(self.world, self.post).handlers().items():
            router.add_route(ROOT + path, self._authorized(act), [method])
        for path in ("/products/{id}", "/products/{id}/variations/{variation}"):
            router.add_route(ROOT + path, self._authorized(self._stock), ["PUT"])
        for path, handler in handlers.items():
            router.add_route(ROOT + path, handler, ["GET"])
        return router

    def _authorized(self, handler: Handler) -> Handler:
        async def authorized(request: Request) -> Response:
            self._authorize(request)
            return await handler(request)

        return authorized

    async def _products(self, request: Request) -> Response:
        self._authorize(request)
        return self._list(request, self.world["products"], PRODUCT_STATUSES)

    async def _product(self, request: Request) -> Response:
        """Answer a product, or a variation by its own id."""
        self._authorize(request)
        post = request.path_params["id"]
        row = self.world["products"].rows.get(post)
        if row is not None:
            return json_answer(row.written())
        variation = self.world["variations"].rows.get(post)
        if variation is None:
            return error("woocommerce_rest_product_invalid_id", "Ongeldige ID.", 404)
        parent = self.world["products"][str(self.world.facts["parent_of"][post])]
        return json_answer(
            {"name": parent.data["name"], "type": "variation", "parent_id": parent.data["id"], **variation.data}
        )

    async def _variations(self, request: Request) -> Response:
        self._authorize(request)
        parent = self._parent(request)
        children = {str(post) for post in parent.data["variations"]}
        return self._list(request, self.world["variations"], PRODUCT_STATUSES, children)

    async def _variation(self, request: Request) -> Response:
        self._authorize(request)
        parent, post = self._parent(request), request.path_params["variation"]
        if post not in {str(child) for child in parent.data["variations"]}:
            return error("woocommerce_rest_product_variation_invalid_id", "Ongeldige ID.", 404)
        return json_answer(self.world["variations"][post].written())

    async def _stock(self, request: Request) -> Response:
        """Set the stock of a product, or of a variation at its parent's address."""
        body, post = await json_body(request), request.path_params.get("variation") or request.path_params["id"]
        known = await (self._variation if "variation" in request.path_params else self._product)(request)
        if known.status_code != 200:
            return known
        collection = self.world["variations" if "variation" in request.path_params else "products"]
        if post not in collection:
            return error("woocommerce_rest_invalid_product_id", "Een variatie wordt bij haar product gewijzigd.", 404)
        quantity = body.get("stock_quantity") if isinstance(body, dict) else None
        if not isinstance(quantity, int | Decimal):
            return error("rest_invalid_param", "Ongeldige parameter(s): stock_quantity", 400)
        Shop(self.world, self.catalogue).count(collection[post], quantity, managed=body.get("manage_stock"))
        return json_answer(collection[post].written())

    async def _orders(self, request: Request) -> Response:
        self._authorize(request)
        return self._list(request, self.world["orders"], ORDER_STATUSES)

    async def _order(self, request: Request) -> Response:
        self._authorize(request)
        row = self.world["orders"].rows.get(request.path_params["id"])
        if row is None:
            return error("woocommerce_rest_shop_order_invalid_id", "Ongeldige ID.", 404)
        return json_answer(row.written())

    async def _system_status(self, request: Request) -> Response:
        self._authorize(request)
        site = str(request.base_url).rstrip("/")
        environment = {"home_url": site, "site_url": site, "version": self.set["version"], "wp_version": "6.5.3"}
        return json_answer({"environment": environment, "settings": {"currency": "EUR", "api_enabled": False}})

    async def _nothing(self, _request: Request) -> Response:
        return error("rest_no_route", "Er is geen route gevonden die overeenkomt met de URL en methode.", 404)

    def _keys(self) -> tuple[str, str]:
        return "ck_" + secret(self.world.seed, "consumer_key"), "cs_" + secret(self.world.seed, "consumer_secret")

    def _authorize(self, request: Request) -> None:
        """Accept key and secret by HTTP Basic or as parameters, because some servers strip the header."""
        given = basic_credentials(request)
        if given is None and all(name in request.query_params for name in SECRETS):
            given = (request.query_params["consumer_key"], request.query_params["consumer_secret"])
        if given is None:
            message = "Je kunt deze bronnen niet weergeven."
            raise RefusedError(error("woocommerce_rest_cannot_view", message, 401))
        key, hidden = self._keys()
        if given != (key, hidden):
            which = "Consumer key" if given[0] != key else "Consumer secret"
            raise RefusedError(error("woocommerce_rest_authentication_error", f"{which} is ongeldig.", 401))

    def _parent(self, request: Request) -> Row:
        row = self.world["products"].rows.get(request.path_params["id"])
        if row is None:
            raise RefusedError(error("woocommerce_rest_product_invalid_id", "Ongeldige ID.", 404))
        return row

    def _list(
        self, request: Request, collection: Collection, statuses: set[str], only: set[str] | None = None
    ) -> Response:
        """Answer one page with its counting headers; past the end the list is empty."""
        query = read(request, statuses, modified_filter=self._version() >= (5, 6))
        if only is None:
            rows = collection.view(query.view, query.where, query.order, descending=query.descending)
        else:
            children = [collection[key] for key in only]
            rows = sorted(filter(query.where, children), key=query.order, reverse=query.descending)
        page = rows[query.offset : query.offset + query.per_page]
        fields = query.fields
        written = [row.written(fields, lambda data: _only(data, fields)) for row in page]
        return json_answer(array(written), headers=_page_headers(request, query, len(rows)))

    def _version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in str(self.set["version"]).split(".")[:2])


def _only(data: Record, fields: tuple[str, ...] | None) -> bytes:
    return JSON.encode(data if fields is None else {name: data[name] for name in fields if name in data})


def _page_headers(request: Request, query: ListQuery, total: int) -> dict[str, str]:
    pages = -(-total // query.per_page)
    targets = {"prev": min(query.page - 1, pages), "next": query.page + 1, "first": 1, "last": pages}
    if query.page >= pages:
        del targets["next"]
    kept = {k: v for k, v in request.query_params.items() if k not in ("page", *SECRETS)}
    here = str(request.url.replace(query=""))
    links = [f'<{here}?{urlencode({**kept, "page": page})}>; rel="{rel}"' for rel, page in targets.items() if page > 0]
    return {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages), "Link": ", ".join(links)}
