"""Lists of stock that are no collections of their own: the legacy stock's, and a website's salable quantities."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from starlette.requests import Request
from starlette.responses import Response

from connectors.magento.sandbox.errors import error
from include.sandbox.answers import RefusedError, json_answer
from include.sandbox.world import Collection, Row, World


def low(request: Request, statuses: Collection, past_end: str) -> Response:
    """Answer the records of the legacy stock below a quantity; it has parameters and an echo of its own."""
    given = request.query_params
    try:
        below, size, page = Decimal(given["qty"]), int(given.get("pageSize", "0")), int(given.get("currentPage", "1"))
        int(given["scopeId"])
    except (KeyError, ValueError, InvalidOperation):
        raise RefusedError(error('"%fieldName" is vereist. Voer het opnieuw in.', 400, fieldName="qty")) from None
    found = [row.data["stock_item"] for row in statuses if row.data["stock_item"]["qty"] < below]
    last = max(1, -(-len(found) // size)) if size else 1
    shown = min(page, last) if past_end == "repeat" else page
    items = found[(shown - 1) * size : shown * size] if size else found
    criteria = {
        "mapper_interface_name": "Magento\\CatalogInventory\\Api\\StockItemCriteriaMapperInterface",
        "composite_criteria": [],
        "filters": [],
        "orders": [],
        "limit": [str(page), str(size)],
    }
    return json_answer({"items": items, "search_criteria": criteria, "total_count": len(found)})


def salable(world: World) -> list[Row]:
    """Return what a website can sell of each product: all sources together, without what is reserved."""
    totals: dict[str, int | Decimal] = {}
    for item in world["source_items"]:
        key = item.key.partition("_")[0]
        totals[key] = totals.get(key, 0) + item.data["quantity"]
    rows = []
    for key, total in totals.items():
        status, product = world["stock_statuses"][key].data, world["products"][key]
        quantity = total - (status["stock_item"]["qty"] - status["qty"])
        record = {"sku": product.data["sku"], "qty": quantity, "is_salable": bool(status["stock_status"])}
        rows.append(Row(key, record, product.modified, product.version))
    return rows
