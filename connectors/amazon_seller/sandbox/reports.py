"""Reports: ordered, worked on for some looks, then a document whose file lies at a presigned address."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connectors.amazon_seller.sandbox import goods
from connectors.amazon_seller.sandbox.refusals import invalid, refused
from include.sandbox.answers import json_answer
from include.sandbox.tokens import secret
from include.sandbox.world import Record, World

TYPE = "GET_MERCHANT_LISTINGS_ALL_DATA"
ENCODING = "iso-8859-1"
URL_SECONDS = 300
COLUMNS = (
    "item-name", "item-description", "listing-id", "seller-sku", "price", "quantity", "open-date", "image-url",
    "item-is-marketplace", "product-id-type", "zshop-shipping-fee", "item-note", "item-condition", "zshop-category1",
    "zshop-browse-path", "zshop-storefront-feature", "asin1", "asin2", "asin3", "will-ship-internationally",
    "expedited-shipping", "zshop-boldface", "product-id", "bid-for-featured-placement", "add-delete",
    "pending-quantity", "fulfillment-channel", "merchant-shipping-group", "status",
)  # fmt: skip


class Reports:
    """Answers the reports API; `polls` = looks until a report is done, `cache` = minutes for which the data is kept."""

    def __init__(self, world: World, polls: int, outcome: str, cache: int, *, packed: bool) -> None:
        self._world, self._polls, self._outcome, self._packed = world, polls, outcome, packed
        self._cache = timedelta(minutes=cache)
        self._reports: dict[str, Any] = world.session.setdefault("reports", {})
        # The rows as they were when the report was ordered; lost with the process, and then written anew.
        self._files: dict[str, bytes] = {}

    async def create(self, request: Request) -> Response:
        """POST /reports/2021-06-30/reports."""
        try:
            order = msgspec.json.decode(await request.body())
            kind, markets = order["reportType"], order["marketplaceIds"]
        except (msgspec.DecodeError, KeyError, TypeError):
            raise invalid("reportType and marketplaceIds are required.") from None
        if kind != TYPE or not isinstance(markets, list) or not set(markets) <= set(goods.MARKETPLACES):
            raise invalid("Invalid reportType or marketplaceIds.")
        key, now = f"ID{self._world.next_number('report', 323)}", self._world.clock.now()
        source = self._recent(markets, now) or key
        self._reports[key] = {"markets": markets, "at": now.isoformat(), "looks": 0, "file": source}
        if source == key:
            self._files[key] = self._file(markets)
        self._world.session_changed = True
        return json_answer({"reportId": key}, 202)

    def look(self, request: Request) -> Response:
        """GET /reports/2021-06-30/reports/{id}."""
        key = request.path_params["id"]
        if key not in self._reports:
            return refused(404)
        report = self._reports[key]
        report["looks"] += 1
        self._world.session_changed = True
        status = "IN_QUEUE" if report["looks"] == 1 else "IN_PROGRESS"
        if report["looks"] > self._polls:
            status = self._outcome if self._rows(report["markets"]) else "CANCELLED"
        answer = {"reportId": key, "reportType": TYPE, "createdTime": report["at"], "processingStatus": status}
        if status == "DONE":
            answer["reportDocumentId"] = f"amzn1.spdoc.1.4.eu.{key}"
        return json_answer({**answer, "marketplaceIds": report["markets"]})

    def document(self, request: Request) -> Response:
        """GET /reports/2021-06-30/documents/{id}: a presigned address that lives five minutes."""
        document = request.path_params["id"]
        key = document.removeprefix("amzn1.spdoc.1.4.eu.")
        if key not in self._reports or self._reports[key]["looks"] <= self._polls:
            return refused(404)
        until = int(self._world.clock.now().timestamp()) + URL_SECONDS
        url = f"{str(request.base_url).rstrip('/')}/tortuga/{key}?X-Amz-Expires={URL_SECONDS}&until={until}"
        answer = {"reportDocumentId": document, "url": f"{url}&X-Amz-Signature={self._signature(key, until)}"}
        return json_answer(answer | ({"compressionAlgorithm": "GZIP"} if self._packed else {}))

    async def file(self, request: Request) -> Response:
        """Answer the file as the storage does: whoever also sends a token is refused, and so is who comes late."""
        key, until = request.path_params["id"], request.query_params.get("until", "0")
        if request.headers.get("authorization") or request.headers.get("x-amz-access-token"):
            return _storage(400, "InvalidArgument", "Only one auth mechanism allowed")
        if request.query_params.get("X-Amz-Signature") != self._signature(key, int(until)):
            return _storage(403, "SignatureDoesNotMatch", "The request signature we calculated does not match")
        if self._world.clock.now().timestamp() > int(until):
            return _storage(403, "AccessDenied", "Request has expired")
        report = self._reports[key]
        content = self._files.setdefault(report["file"], self._file(report["markets"]))
        return Response(gzip.compress(content) if self._packed else content, media_type="application/octet-stream")

    def _recent(self, markets: list[str], now: datetime) -> str | None:
        """Return the report whose data an identical order gets again."""
        for report in reversed(list(self._reports.values())):
            age = now - datetime.fromisoformat(report["at"])
            if report["markets"] == markets and age < self._cache:
                return str(report["file"])
        return None

    def _rows(self, markets: list[str]) -> list[Record]:
        return [row.data for row in self._world["listings"] if row.data["marketplaceId"] in markets]

    def _file(self, markets: list[str]) -> bytes:
        lines = ["\t".join(COLUMNS)]
        lines += ["\t".join(_row(data)[name] for name in COLUMNS) for data in self._rows(markets)]
        return ("\n".join(lines) + "\n").encode(ENCODING)

    def _signature(self, key: str, until: int) -> str:
        return secret(self._world.seed, f"presigned:{key}:{until}")


def _row(data: Record) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "")
    opened = datetime.fromisoformat(data["createdDate"])
    return row | {
        "item-name": data["itemName"],
        "item-description": f'Mooie "{data["itemName"]}"',
        "listing-id": "0101" + data["asin"][-6:],
        "seller-sku": data["sku"],
        "price": data["price"] or "",
        "quantity": "" if data["quantity"] is None else str(data["quantity"]),
        "open-date": opened.strftime("%d/%m/%Y %H:%M:%S CET"),
        "item-is-marketplace": "y",
        "product-id-type": "1",
        "item-condition": "11",
        "asin1": data["asin"],
        "product-id": data["asin"],
        "pending-quantity": "0",
        "fulfillment-channel": data["channel"],
        "merchant-shipping-group": "Standaard",
        "status": data["status"],
    }


def _storage(status: int, code: str, message: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Response(body, status, media_type="application/xml")
