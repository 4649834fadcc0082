"""The query parameters of list requests, checked as WordPress checks them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connectors.woocommerce.sandbox.products import SITE_ZONE
from include.sandbox.answers import RefusedError, json_answer
from include.sandbox.world import Row

PRODUCT_STATUSES = {"any", "draft", "pending", "private", "publish", "future", "trash"}
ORDER_STATUSES = {
    "any", "trash", "pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed",
    "checkout-draft", "afgehaald",
}  # fmt: skip
SORTS: dict[str, Callable[[Row], Any]] = {
    "id": lambda row: row.data["id"],
    "date": lambda row: (row.data["date_created_gmt"], row.data["id"]),
    "modified": lambda row: (row.data["date_modified_gmt"], row.data["id"]),
}
TIMES = {
    "after": ("date_created_gmt", True), "before": ("date_created_gmt", False),
    "modified_after": ("date_modified_gmt", True), "modified_before": ("date_modified_gmt", False),
}  # fmt: skip


def error(code: str, message: str, status: int, **data: Any) -> Response:
    """Return an error body; clients match the code, the message is in the site's language."""
    return json_answer({"code": code, "message": message, "data": {"status": status, **data}}, status)


def invalid(name: str, reason: str) -> RefusedError:
    """Return the refusal of a parameter."""
    return RefusedError(error("rest_invalid_param", f"Ongeldige parameter(s): {name}", 400, params={name: reason}))


@dataclasses.dataclass(frozen=True)
class ListQuery:
    """A checked list request; `view` tells apart every different choice and order of rows."""

    page: int
    per_page: int
    offset: int
    fields: tuple[str, ...] | None
    view: tuple[Any, ...]
    where: Callable[[Row], bool]
    order: Callable[[Row], Any]
    descending: bool


def read(request: Request, statuses: set[str], *, modified_filter: bool) -> ListQuery:
    """Check a request's parameters; refuses with 400 `rest_invalid_param` as WordPress does."""
    given = request.query_params
    page = _number(request, "page", 1, 1, None)
    per_page = _number(request, "per_page", 10, 1, 100)
    sort, order = given.get("orderby", "date"), given.get("order", "desc")
    if sort not in SORTS:
        raise invalid("orderby", f"orderby is not one of {', '.join(SORTS)}.")
    if order not in ("asc", "desc"):
        raise invalid("order", "order is not one of asc, desc.")
    wanted = _list(given.get("status", "any"))
    if not set(wanted) <= statuses:
        raise invalid("status", f"status is not one of {', '.join(sorted(statuses))}.")
    included = _list(given.get("include", ""))
    if not all(part.isdigit() for part in included):
        raise invalid("include", "include[0] is not of type integer.")
    times = _times(request, modified_filter)
    exact = {name: given[name] for name in ("sku", "type", "stock_status") if given.get(name)}
    fields = tuple(part.split(".")[0] for part in _list(given.get("_fields", ""))) or None
    return ListQuery(
        page=page,
        per_page=per_page,
        offset=_number(request, "offset", (page - 1) * per_page, 0, None),
        fields=fields,
        view=(sort, order, *wanted, "|", *included, "|", *times, "|", *exact.items()),
        where=_where(set(wanted), set(included), times, exact),
        order=SORTS[sort],
        descending=order == "desc",
    )


def _where(wanted: set[str], included: set[str], times: list[tuple[str, bool, str]], exact: dict[str, str]) -> Any:
    def passes(row: Row) -> bool:
        data = row.data
        if data["status"] not in wanted and ("any" not in wanted or data["status"] == "trash"):
            return False
        if included and row.key not in included:
            return False
        if any(str(data.get(name)) != value for name, value in exact.items()):
            return False
        return all(data[field] > at if later else data[field] < at for field, later, at in times)

    return passes


def _times(request: Request, modified_filter: bool) -> list[tuple[str, bool, str]]:
    """Return (field, later than?, UTC text); old versions of WooCommerce ignore filters on the time of change."""
    gmt = request.query_params.get("dates_are_gmt", "false").lower() in ("true", "1")
    names = [name for name in TIMES if modified_filter or not name.startswith("modified")]
    found = []
    for name in names:
        text = request.query_params.get(name)
        if text is None:
            continue
        try:
            at = datetime.fromisoformat(text.replace(" ", "+"))
            if len(text) < len("2024-06-03T14:05:00"):
                raise ValueError("a date needs a time")
        except ValueError:
            raise invalid(name, "Ongeldige datum.") from None
        at = at if at.tzinfo else at.replace(tzinfo=UTC if gmt else SITE_ZONE)
        field, later = TIMES[name]
        found.append((field, later, at.astimezone(UTC).replace(tzinfo=None).isoformat()))
    return found


def _number(request: Request, name: str, default: int, least: int, most: int | None) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.lstrip("-").isdigit():
        raise invalid(name, f"{name} is not of type integer.")
    if int(text) < least or (most is not None and int(text) > most):
        between = f"between {least} (inclusive) and {most} (inclusive)" if most else f"greater than or equal to {least}"
        raise invalid(name, f"{name} must be {between}")
    return int(text)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
