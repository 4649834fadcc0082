"""Which records a filter body means. Members that an endpoint does not know are ignored, as Logic4 does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from connectors.logic4.sandbox.clock import read, wall
from include.sandbox.world import Row, World

Body = Mapping[str, Any]
Test = Callable[[Row], bool]
MOST, MOST_DELIVERIES, MOST_IDS = 10_000, 1_000, 1_000


class RefusedFilterError(ValueError):
    """What Logic4 answers with status 200 and a validation message."""


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A list: its collection, what its members filter by, and the names of its paging members.

    `equal` maps a member to a field, `times` to a field or to "changed", the record's change time; a time is a lower
    bound where the member's name ends in From or After, else an upper one.
    """

    collection: str
    equal: Mapping[str, str] = dataclasses.field(default_factory=dict)
    times: Mapping[str, str] = dataclasses.field(default_factory=dict)
    skip: str = "SkipRecords"
    take: str = "TakeRecords"
    most: int = MOST


_DATES = {"ChangedAfter": "changed", "LastActionFrom": "changed", "LastActionTo": "changed",
          "CreationDateFrom": "CreationDate", "CreationDateTo": "CreationDate"}  # fmt: skip
LISTS = {
    "/v1.1/Relations/GetCreditors": Endpoint("creditors", {"Id": "Id"}, {"ChangedAfter": "changed"}),
    "/v1.1/Products/GetProducts": Endpoint(
        "products",
        {"ProductCode": "ProductCode"},
        {"DateTimeChangedFrom": "changed", "DateTimeChangedTo": "changed"},
    ),
    "/v1.1/Stock/GetStockForWarehouses": Endpoint("stock", {"WareHouseId": "WarehouseId"}),
    "/v1.1/Products/GetSuppliersForProducts": Endpoint("product_suppliers"),
    "/v1.2/Orders/GetOrders": Endpoint("orders", {"Id": "Id"}, _DATES),
    "/v1.2/Orders/GetInvoices": Endpoint("invoices", {"Id": "Id"}, _DATES),
    "/v1.1/BuyOrders/GetBuyOrders": Endpoint(
        "buy_orders",
        {"BuyOrderId": "Id", "BuyOrderIsClosed": "BuyOrderClosed", "SupplierId": "CreditorId", "Remarks": "Remarks"},
        {"DateTimeChangedFrom": "changed", "DateTimeChangedTo": "changed", "BuyOrderDateFrom": "CreatedAt"},
    ),
    "/v1.1/BuyOrders/GetBuyOrderRowsByFilter": Endpoint(
        "buy_order_rows", {"BuyOrderId": "BuyOrderId", "ProductId": "ProductId"}
    ),
    "/v1/BuyOrderDeliveries/GetBuyOrderDeliveries": Endpoint(
        "deliveries",
        {"BuyOrderId": "BuyOrderId", "SupplierId": "SupplierId", "StatusId": "StatusId"},
        {"CreationDateFrom": "DateTimeCreated"},
        skip="Skip",
        take="Take",
        most=MOST_DELIVERIES,
    ),
}


def found(world: World, path: str, body: Body) -> list[Row]:
    """Return the page of records that a body asks for. Raises RefusedFilterError."""
    endpoint = LISTS[path]
    take, skip = body.get(endpoint.take, 100), body.get(endpoint.skip, 0)
    if type(take) is not int or type(skip) is not int or not 0 < take <= endpoint.most or skip < 0:
        raise RefusedFilterError(f"{endpoint.take} mag maximaal {endpoint.most} zijn")
    ids = body.get("ProductIds")
    if ids is not None and (not isinstance(ids, list) or len(ids) > MOST_IDS or any(type(i) is not int for i in ids)):
        raise RefusedFilterError(f"ProductIds mag maximaal {MOST_IDS} nummers bevatten")
    tests = [*_equal(endpoint, body), *_times(endpoint, body), *_ids(endpoint, ids)]
    if endpoint.collection == "products":
        tests += _visible(world, body, by_id=ids is not None)
    filters = tuple(
        sorted((name, str(value)) for name, value in body.items() if name not in (endpoint.skip, endpoint.take))
    )
    rows = world[endpoint.collection].view((path, filters), lambda row: all(test(row) for test in tests), _number)
    return rows[skip : skip + take]


def _number(row: Row) -> tuple[int, ...]:
    return tuple(map(int, row.key.split("_")))


def _equal(endpoint: Endpoint, body: Body) -> list[Test]:
    wanted = [(field, body[name]) for name, field in endpoint.equal.items() if body.get(name) is not None]
    return [partial(_holds, field=field, value=value) for field, value in wanted]


def _holds(row: Row, field: str, value: Any) -> bool:
    # Whether the filter on remarks is exact is not known; finding too much is the harder case for a client.
    if field == "Remarks":
        return str(value).lower() in str(row.data[field] or "").lower()
    return bool(row.data[field] == value)


def _ids(endpoint: Endpoint, ids: list[int] | None) -> list[Test]:
    if ids is None or endpoint.collection not in ("products", "product_suppliers"):
        return []
    wanted = set(ids)
    return [lambda row: row.data["ProductId"] in wanted]


def _times(endpoint: Endpoint, body: Body) -> list[Test]:
    tests: list[Test] = []
    for name, field in endpoint.times.items():
        text = body.get(name)
        if text is None:
            continue
        try:
            bound = read(str(text))
        except ValueError:
            raise RefusedFilterError(f"{name} is geen geldige datum") from None
        lower = name.endswith(("From", "After"))
        tests.append(partial(_within, field=field, bound=bound, lower=lower))
    return tests


def _within(row: Row, field: str, bound: datetime, lower: bool) -> bool:
    """Compare what the wall clock showed, so that the hour that comes twice is taken for one."""
    shown = wall(row.modified) if field == "changed" else datetime.fromisoformat(row.data[field])
    return shown >= bound if lower else shown <= bound


def _visible(world: World, body: Body, *, by_id: bool) -> list[Test]:
    """Return the filters of GetProducts that always hold: left out, they mean true, except with ids (unverified)."""
    known = world["visibility"]
    wanted = {name: body.get(name, None if by_id else True) for name in ("IsVisibleOnWebShop", "IsVisibleInLogic4")}
    asked = {name: value for name, value in wanted.items() if value is not None}
    return [lambda row: all(known[row.key].data[name] is value for name, value in asked.items())]
