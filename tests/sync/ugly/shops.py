"""The rows of webshops and marketplaces: one function per connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.sync.ugly.rows import MISSING, Docs, Row, deep, line, objects
from tests.sync.ugly.rules import (
    Told,
    code,
    flag,
    mail,
    moment,
    money,
    name,
    number,
    placed,
    quantity,
    raw,
    stock,
    text,
    value_of_line,
    word,
)


def lightspeed_ecom(docs: Docs) -> Iterator[Row]:
    for key, (doc, _) in docs["suppliers"].items():
        yield Row("suppliers", key, {"name": name(text(doc.get("title"), "false") or key)})
    for key, (doc, root) in docs["variants"].items():
        parent = docs["products"].get(root, (None, ""))[0]

        def given(field: str, doc: Any = doc) -> Any:
            return None if raw(doc.get(field)) == "false" else doc.get(field)

        words = " ".join(filter(None, (text(deep(parent, "title"), "false"), text(doc.get("title"), "false"))))
        is_untracked = (text(doc.get("stockTracking")) or "").lower() == "disabled"
        is_hidden = (text(deep(parent, "visibility")) or "").lower() == "hidden"
        yield Row(
            "products",
            key,
            {
                "name": name(words) if parent is not None else MISSING,
                "sku_code": code(text(given("sku"))),
                "article_code": code(text(given("articleCode"))),
                "ean_code": code(text(given("ean"))),
                "price": money(given("priceExcl")),
                "stock_level": Told(0) if is_untracked else stock(number(given("stockLevel"))),
                "created_at": Told(moment(doc.get("createdAt"))),
            },
            out="hidden on arrival" if is_hidden else None,
        )
        supplier = text(deep(parent, "supplier", "resource", "id"), "false")
        if supplier:
            yield Row(
                "supplier_products",
                f"{key}_{supplier}",
                {"price": money(given("priceCost"))},
                needs=(("products", key), ("suppliers", supplier)),
            )
    for key, (doc, _) in docs["orders"].items():
        is_in = (text(doc.get("status")) or "").lower().startswith(("processing", "completed"))
        yield Row("sell_orders", key, {"placed": placed(moment(doc.get("createdAt")))}, None if is_in else "not sold")
    for key, (doc, root) in docs["order_products"].items():
        variant, value = text(deep(doc, "variant", "resource", "id"), "false"), number(doc.get("priceExcl"))
        pieces = quantity(number(doc.get("quantityOrdered")))
        yield line("sell_order_lines", key, root, variant, pieces, value_of_line(value))


def bigcommerce(docs: Docs) -> Iterator[Row]:
    for key, (doc, root) in docs["variants"].items():
        parent = docs["products"].get(root, (None, ""))[0]
        is_sold = flag(deep(parent, "is_visible")) is not False and text(deep(parent, "availability")) != "disabled"
        ean = text(doc.get("gtin")) or text(doc.get("upc"))
        columns = {"sku_code": code(text(doc.get("sku"))), "ean_code": code(ean)}
        if text(doc.get("price")):
            columns["price"] = money(doc.get("price"))
        yield Row("products", key, columns, out=None if is_sold else "disabled on arrival")
    for key, (doc, _) in docs["orders"].items():
        status = number(doc.get("status_id"))
        is_known = status is not None and 0 <= status <= 14
        out = None if status in (2, 10) or not is_known else "not completed"
        if flag(doc.get("is_deleted")):
            out = "archived"
        # The status decides the scope: an order of an unknown one is not sold before it is known.
        yield Row(
            "sell_orders",
            key,
            {"placed": placed(mail(doc.get("date_created"))), "status": Told(blocks=not is_known)},
            out,
        )
    for key, (doc, root) in docs["order_products"].items():
        if root in docs["orders"]:
            bought, value = text(doc.get("variant_id"), "0"), value_of_line(number(doc.get("total_ex_tax")))
            yield line("sell_order_lines", key, root, bought, quantity(number(doc.get("quantity"))), value)


def magento(docs: Docs) -> Iterator[Row]:
    for key, (doc, _) in docs["products"].items():
        status = text(doc.get("status"))
        yield Row(
            "products",
            text(doc.get("id")) or key,
            {
                "name": name(text(doc.get("name"))),
                "sku_code": code(text(doc.get("sku"))),
                "status": Told("enabled", blocks=status not in ("1", "2")),
            },
            out="disabled on arrival" if status == "2" else None,
        )
    for key, (doc, _) in docs["orders"].items():
        state = text(doc.get("state")) or text(doc.get("status"))
        out = None if state == "complete" else "not complete"
        yield Row("sell_orders", key, {"placed": placed(moment(doc.get("created_at")))}, out)
        items = objects(doc.get("items"))
        parents = {text(one.get("parent_item_id")) for one in items}
        for one in items:
            own, bought = text(one.get("item_id")), text(one.get("product_id"))
            if text(one.get("product_type")) != "configurable" or own not in parents - {None}:
                yield Row("sell_order_lines", own or f"{key}_{bought or ''}", order=key, product=bought)


def woocommerce(docs: Docs) -> Iterator[Row]:
    for key, (doc, _) in docs["products"].items():
        if raw(doc.get("type")) not in ("variable", "variation"):
            is_virtual = flag(doc.get("virtual")) or flag(doc.get("downloadable"))
            is_tracked = not is_virtual and flag(doc.get("manage_stock")) is True
            yield Row(
                "products",
                key,
                {
                    "name": name(text(doc.get("name"))),
                    "sku_code": code(text(doc.get("sku"))),
                    "price": money(doc.get("price")),
                    "ean_code": code(text(doc.get("global_unique_id"))),
                    "stock_level": stock(number(doc.get("stock_quantity"))) if is_tracked else Told(0),
                },
                out=None if raw(doc.get("status")) == "publish" else "not published",
            )
    for key, (doc, root) in docs["variations"].items():
        parent = docs["products"].get(root, (None, ""))[0]
        is_sold = raw(doc.get("status")) == "publish" and deep(parent, "status") in (None, "publish")
        columns = {"sku_code": code(text(doc.get("sku"))), "price": money(doc.get("price"))}
        yield Row(
            "products",
            key,
            columns if parent is not None else columns | {"name": MISSING},
            None if is_sold else "not published",
        )
    for key, (doc, _) in docs["orders"].items():
        out = None if raw(doc.get("status")) == "completed" else "not completed"
        yield Row("sell_orders", key, {"placed": placed(moment(doc.get("date_created_gmt")))}, out)
        for one in objects(doc.get("line_items")):
            bought = text(one.get("variation_id"), "0") or text(one.get("product_id"), "0")
            own = text(one.get("id")) or f"{key}_{bought or ''}"
            value = value_of_line(number(one.get("subtotal")))
            yield line("sell_order_lines", own, key, bought, quantity(number(one.get("quantity"))), value)


def amazon_seller(docs: Docs) -> Iterator[Row]:
    for key, (doc, root) in docs["listings"].items():
        columns = {"name": name(text(doc.get("item-name"))), "sku_code": code(text(doc.get("seller-sku")))}
        out = "incomplete" if word(doc.get("status")) == "incomplete" else None
        yield Row("products", f"{root}_{key.rpartition('_')[2]}", columns, out)
    for key, (doc, _) in docs["orders"].items():
        status = word(deep(doc, "fulfillment", "fulfillmentStatus"))
        told = placed(moment(doc.get("createdTime")))
        yield Row("sell_orders", key, {"placed": told}, None if status == "shipped" else "not shipped")
        for one in objects(doc.get("orderItems")):
            asin, sku = text(deep(one, "product", "asin")), text(deep(one, "product", "sellerSku"))
            if number(one.get("quantityOrdered")) != 0:
                own = text(one.get("orderItemId")) or f"{key}_{asin or sku or ''}"
                yield Row("sell_order_lines", own, order=key, product=asin)


def bol_com(docs: Docs) -> Iterator[Row]:
    for key, (doc, _) in docs["order_details"].items():
        items = objects(doc.get("orderItems"))
        left = [one for one in items if not _is_cancelled(one)]
        is_gone = bool(items) and not left
        yield Row(
            "sell_orders",
            key,
            {"placed": placed(moment(doc.get("orderPlacedDateTime")))},
            "everything cancelled" if is_gone else None,
        )
        for one in left:
            if not flag(one.get("cancellationRequest")):
                ean = text(deep(one, "product", "ean"))
                yield Row(
                    "sell_order_lines", text(one.get("orderItemId")) or f"{key}_{ean or ''}", order=key, product=ean
                )


def _is_cancelled(item: Mapping[str, Any]) -> bool:
    told = item.get("quantityCancelled")
    pieces, cancelled = number(item.get("quantity")), Decimal(0) if told is None else number(told)
    return pieces is not None and cancelled is not None and cancelled >= pieces
