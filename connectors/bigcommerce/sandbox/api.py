"""The routes of the BigCommerce API that a coupling reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from connectors.bigcommerce.sandbox import proof
from connectors.bigcommerce.sandbox.pages import page
from connectors.bigcommerce.sandbox.shop import Shop
from include.sandbox.answers import RefusedError, json_answer
from include.sandbox.remote import Change, Remote
from include.sandbox.world import Record, Row

STREAMS = (
    "products",
    "sell_orders",
)


class Bigcommerce(Remote):
    """One account of BigCommerce."""

    settings: ClassVar[Mapping[str, int | str]] = {"per_minute": 600}
    tested_with: ClassVar[Mapping[str, int | str]] = {"per_minute": 10**6}
    stock_fields = ("stock",)
    page_parameter = "page"

    @override
    def build(self) -> None:
        Shop(self.world, self.catalogue, STREAMS).build()

    @override
    def changes(self) -> Mapping[str, Change]:
        return Shop(self.world, self.catalogue, STREAMS).changes()

    @override
    def credentials(self, base_url: str) -> dict[str, Any]:
        return proof.credentials(self, base_url)

    @override
    def refusal(self, status: int) -> Response:
        return json_answer({"error": "the request failed"}, status)

    @override
    def records(self, body: Any) -> list[Record]:
        found = body.get("items", []) if isinstance(body, dict) else []
        return found if isinstance(found, list) else []

    @override
    def emptied(self, body: Any) -> Any:
        return {**body, "items": []}

    @override
    def repeated(self, body: Any, url: str) -> Any:
        return {**body, "next": url} if isinstance(body.get("next"), str) and "://" in body["next"] else body

    @override
    def router(self) -> APIRouter:
        router = APIRouter()

        async def token(request: Request) -> Response:
            return await proof.token(self, request)

        router.add_route("/token", token, ["POST"])
        router.add_route("/api/{stream}", self._list, ["GET"])
        router.add_route("/api/{stream}/{id}", self._one, ["GET"])
        return router

    async def _list(self, request: Request) -> Response:
        headers = self._admitted(request)
        return json_answer(page(request, self._rows(request)), headers=headers)

    async def _one(self, request: Request) -> Response:
        headers = self._admitted(request)
        rows = self.world[self._stream(request)].rows
        if request.path_params["id"] not in rows:
            raise RefusedError(json_answer({"error": "there is no such record"}, 404, headers))
        return json_answer(rows[request.path_params["id"]].data, headers=headers)

    def _admitted(self, request: Request) -> dict[str, str]:
        """Return the headers that tell what is left of the limit. Refuses with 401 or 429."""
        if not proof.good(self, request):
            raise RefusedError(json_answer({"error": "not authorised"}, 401))
        usage = self.limits.take("minute", self.number("per_minute"), 60)
        seconds = max(1, round((usage.resets_at - self.world.clock.now()).total_seconds()))
        headers = {"X-RateLimit-Remaining": str(usage.remaining), "X-RateLimit-Reset": str(seconds)}
        if not usage.allowed:
            refusal = json_answer({"error": "too many requests"}, 429, {**headers, "Retry-After": str(seconds)})
            raise RefusedError(refusal)
        return headers

    def _stream(self, request: Request) -> str:
        stream = str(request.path_params["stream"])
        if stream not in STREAMS:
            raise RefusedError(json_answer({"error": "there is no such endpoint"}, 404))
        return stream

    def _rows(self, request: Request) -> list[Row]:
        """Return the rows asked for, by id."""
        stream, since = self._stream(request), request.query_params.get("updated_since", "")
        try:
            moment = datetime.fromisoformat(since) if since else None
        except ValueError:
            raise RefusedError(json_answer({"error": "updated_since is no time"}, 400)) from None
        return self.world[stream].view(
            ("list", since),
            lambda row: moment is None or row.modified.replace(microsecond=0) >= moment,
            lambda row: int(row.key),
        )
