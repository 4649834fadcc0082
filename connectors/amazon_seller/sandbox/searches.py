"""FBA inventory, listings and the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connectors.amazon_seller.sandbox import goods
from connectors.amazon_seller.sandbox.pages import page
from connectors.amazon_seller.sandbox.refusals import invalid, listed, moment, number, refused, required
from include.sandbox.answers import json_answer
from include.sandbox.world import Record, Row, World

FBA_TOKEN_SECONDS = 30


class Searches:
    """Answers what is there and how many; `seller` is the account's id, `reachable` how deep a search goes."""

    def __init__(self, world: World, seller: str, reachable: int, inventory_page: int) -> None:
        self._world, self._seller, self._reachable, self._inventory_page = world, seller, reachable, inventory_page

    def inventory(self, request: Request) -> Response:
        """GET /fba/inventory/v1/summaries."""
        market = _one_market(request)
        granularity = (request.query_params.get("granularityType"), request.query_params.get("granularityId"))
        if granularity != ("Marketplace", market):
            raise invalid("granularityType must be Marketplace and granularityId the marketplace's id.")
        since, names = moment(request, "startDateTime"), listed(request, "sellerSkus", 50)
        if since is not None and (self._world.clock.now() - since).days > 18 * 31:
            raise invalid("startDateTime lies more than 18 months back.")
        rows = [
            row
            for row in self._world["inventory"]
            if row.data["marketplaceId"] == market
            and (since is None or row.modified >= since)
            and (not names or row.data["summary"]["sellerSku"] in names)
        ]
        rows.sort(key=lambda row: row.key)
        size = self._inventory_page
        found, token = page(request, self._world, rows, lambda row: [row.key], "nextToken", size, FBA_TOKEN_SECONDS)
        detailed = request.query_params.get("details") == "true"
        summaries = [_detailed(row.data["summary"], detailed) for row in found]
        granular = {"granularityType": "Marketplace", "granularityId": market}
        payload = {"granularity": granular, "inventorySummaries": summaries}
        return json_answer({"payload": payload, **({"pagination": {"nextToken": token}} if token else {})})

    def listing_items(self, request: Request) -> Response:
        """GET /listings/2021-08-01/items/{sellerId}: at most 1,000 results are within reach."""
        self._check_seller(request)
        market, size = _one_market(request), number(request, "pageSize", 10, 20)
        bounds = [(moment(request, name), name) for name in ("lastUpdatedAfter", "createdAfter")]
        before = moment(request, "lastUpdatedBefore")
        if request.query_params.get("sortBy", "lastUpdatedDate") not in ("sku", "createdDate", "lastUpdatedDate"):
            raise invalid("sortBy must be sku, createdDate or lastUpdatedDate.")
        fields = {"lastUpdatedAfter": "lastUpdatedDate", "createdAfter": "createdDate"}

        def passes(row: Row) -> bool:
            data = row.data
            if data["marketplaceId"] != market or (before and _at(data["lastUpdatedDate"]) > before):
                return False
            return all(at is None or _at(data[fields[name]]) >= at for at, name in bounds)

        rows = sorted(filter(passes, self._world["listings"]), key=_by_change)
        found, token = page(request, self._world, rows[: self._reachable], _by_change, "pageToken", size)
        included = set(listed(request, "includedData") or ["summaries"])
        items = [_listing_item(row.data, included) for row in found]
        pagination = {"pagination": {"nextToken": token}} if token else {}
        return json_answer({"numberOfResults": len(rows), **pagination, "items": items})

    def listing_item(self, request: Request) -> Response:
        """GET /listings/2021-08-01/items/{sellerId}/{sku}."""
        self._check_seller(request)
        row = self._world["listings"].rows.get(f"{request.path_params['sku']}|{_one_market(request)}")
        if row is None:
            return refused(404, message=f"SKU '{request.path_params['sku']}' not found in marketplace")
        return json_answer(_listing_item(row.data, set(listed(request, "includedData") or ["summaries"])))

    def catalog(self, request: Request) -> Response:
        """GET /catalog/2022-04-01/items by identifiers; those that nobody knows are left out."""
        market, wanted = _one_market(request), required(request, "identifiers", 20)
        kind = request.query_params.get("identifiersType", "")
        if kind not in ("ASIN", "EAN", "SKU"):
            raise invalid("identifiersType is required with identifiers: ASIN, EAN or SKU.")
        if kind == "SKU":
            self._check_seller(request)
        asins = wanted
        if kind == "SKU":
            known = (self._world["listings"].rows.get(f"{name}|{market}") for name in wanted)
            asins = [row.data["asin"] for row in known if row]
        elif kind == "EAN":
            asins = [row.key for row in self._world["catalog"] if row.data["ean"] in wanted]
        rows = [self._world["catalog"][key] for key in sorted(set(asins)) if key in self._world["catalog"]]
        size = number(request, "pageSize", 10, 20)
        found, token = page(request, self._world, rows, lambda row: [row.key], "pageToken", size)
        items = [self._catalog_item(row.data, market) for row in found]
        pagination = {"pagination": {"nextToken": token}} if token else {}
        return json_answer({"numberOfResults": len(rows), **pagination, "items": items})

    def catalog_one(self, request: Request) -> Response:
        """GET /catalog/2022-04-01/items/{asin}."""
        row = self._world["catalog"].rows.get(request.path_params["asin"])
        return json_answer(self._catalog_item(row.data, _one_market(request))) if row else refused(404)

    def participations(self, _request: Request) -> Response:
        """GET /sellers/v1/marketplaceParticipations."""
        markets = [
            {
                "marketplace": {
                    "id": market.id,
                    "countryCode": market.country,
                    "name": market.domain,
                    "defaultCurrencyCode": market.currency,
                },
                "participation": {"isParticipating": True, "hasSuspendedListings": False},
            }
            for market in goods.MARKETPLACES.values()
        ]
        return json_answer({"payload": markets})

    def _check_seller(self, request: Request) -> None:
        given = request.path_params.get("seller") or request.query_params.get("sellerId")
        if given != self._seller:
            raise invalid("sellerId is missing or not the account's.")

    def _catalog_item(self, item: Record, market: str) -> Record:
        names = [
            row.data["sku"]
            for row in self._world["listings"]
            if row.data["asin"] == item["asin"] and row.data["marketplaceId"] == market
        ]
        identifiers = [{"identifierType": "EAN", "identifier": item["ean"]}] if item["ean"] else []
        identifiers += [{"identifierType": "SKU", "identifier": name} for name in names]
        about = {"marketplaceId": market, "brand": item["brand"], "itemName": item["itemName"], "packageQuantity": 1}
        return {
            "asin": item["asin"],
            "identifiers": [{"marketplaceId": market, "identifiers": identifiers}],
            "summaries": [{**about, "itemClassification": "BASE_PRODUCT"}],
        }


def _one_market(request: Request) -> str:
    markets = required(request, "marketplaceIds", 1)
    if markets[0] not in goods.MARKETPLACES:
        raise invalid("Invalid marketplaceIds.")
    return markets[0]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _by_change(row: Row) -> list[str]:
    return [row.data["lastUpdatedDate"], row.key]


def _detailed(summary: Record, detailed: bool) -> Record:
    return summary if detailed else {name: value for name, value in summary.items() if name != "inventoryDetails"}


def _listing_item(data: Record, included: Iterable[str]) -> Record:
    market, fba = data["marketplaceId"], data["channel"] != "DEFAULT"
    states = {"Active": ["BUYABLE", "DISCOVERABLE"], "Inactive": ["DISCOVERABLE"]}.get(data["status"], [])
    availability: dict[str, Any] = {"fulfillmentChannelCode": data["channel"]}
    if not fba:
        availability["quantity"] = data["quantity"]
    price = {"currencyCode": data["currency"], "amount": data["price"]}
    parts: dict[str, list[Record]] = {
        "summaries": [
            {
                "marketplaceId": market,
                "asin": data["asin"],
                "productType": "HOME",
                "conditionType": "new_new",
                "status": states,
                "itemName": data["itemName"],
                "createdDate": data["createdDate"],
                "lastUpdatedDate": data["lastUpdatedDate"],
            }
        ],
        "offers": [{"marketplaceId": market, "offerType": "B2C", "price": price}] if data["price"] else [],
        "fulfillmentAvailability": [availability],
    }
    return {"sku": data["sku"], **{name: part for name, part in parts.items() if name in included}}
