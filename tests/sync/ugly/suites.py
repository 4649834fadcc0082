"""The rows of systems with purchasing: one function per connector."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from tests.sync.ugly.rows import MISSING, Docs, Row, line, objects
from tests.sync.ugly.rules import (
    AMSTERDAM,
    Told,
    at_least_one,
    code,
    days,
    exact,
    flag,
    has_ended,
    local,
    moment,
    money,
    name,
    number,
    placed,
    quantity,
    stock,
    text,
    times,
    total,
    value_of_line,
    word,
)


def picqer(docs: Docs) -> Iterator[Row]:
    for key, (doc, _) in docs["suppliers"].items():
        yield Row("suppliers", key, {"name": name(text(doc.get("name")) or key)})
    for key, (doc, _) in docs["products"].items():
        yield _picqer_product(key, doc)
        supplier = text(doc.get("idsupplier"), "0")
        if supplier:
            yield Row(
                "supplier_products",
                f"{key}_{supplier}",
                {
                    "price": money(doc.get("fixedstockprice")),
                    "lot_size": at_least_one(doc.get("purchase_in_quantities_of")),
                    "minimum_purchase_quantity": at_least_one(doc.get("minimum_purchase_quantity")),
                    "delivery_time": days(doc.get("deliverytime")),
                    "sku_code": code(text(doc.get("productcode_supplier"))),
                },
                needs=(("products", key), ("suppliers", supplier)),
            )
    parts = [
        (root, text(doc.get("idproduct")), number(doc.get("amount"))) for doc, root in docs["product_parts"].values()
    ]

    def is_no_set(root: str) -> bool:
        return word(docs["products"].get(root, ({}, ""))[0].get("type")) in ("normal", "unlimited_stock")

    yield from _compositions(parts, is_no_set)
    yield from _picqer_orders(docs)


def _picqer_product(key: str, doc: Any) -> Row:
    kind, is_active = word(doc.get("type")), flag(doc.get("active"))
    is_set = kind in ("virtual_composition", "composition_with_stock")
    level = doc.get("stock")
    if kind == "virtual_composition" or (not is_set and (kind == "unlimited_stock" or flag(doc.get("unlimitedstock")))):
        level = Told(0)
    elif isinstance(level, list):
        level = stock(total([number(one.get("freestock")) for one in objects(level)]))
    else:
        level = MISSING
    return Row(
        "products",
        key,
        {
            "name": name(text(doc.get("name"))),
            "sku_code": code(text(doc.get("productcode"))),
            "article_code": code(text(doc.get("productcode"))),
            "ean_code": code(text(doc.get("barcode"))),
            "price": money(doc.get("price")),
            "stock_level": level,
            "created_at": Told(local(doc.get("created"))),
            "status": Told("enabled", blocks=is_active is None),
        },
        out="disabled on arrival" if is_active is False else None,
    )


def _picqer_orders(docs: Docs) -> Iterator[Row]:
    for key, (doc, _) in docs["orders"].items():
        out = None if word(doc.get("status")) == "completed" else "not completed"
        yield Row("sell_orders", key, {"placed": placed(local(doc.get("created")))}, out)
        merged: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for one in objects(doc.get("products")):
            if text(one.get("partof_idorder_product"), "0") is None:
                merged[text(one.get("idproduct"), "0") or ""].append(one)
        for product, same in merged.items():
            pieces = [number(one.get("amount")) for one in same]
            values = [times(number(one.get("price")), number(one.get("amount"))) for one in same]
            pieces_told, value_told = quantity(total(pieces)), value_of_line(total(values))
            yield line("sell_order_lines", f"{key}_{product}", key, product or None, pieces_told, value_told)
    yield from _picqer_buying(docs)


def _picqer_buying(docs: Docs) -> Iterator[Row]:
    for key, (doc, _) in docs["purchase_orders"].items():
        supplier = text(doc.get("idsupplier"), "0")
        yield Row(
            "buy_orders",
            key,
            {
                "placed": placed(local(doc.get("purchased_at")), local(doc.get("created"))),
                "supplier_id": Told(blocks=supplier is None),
            },
            out="cancelled" if word(doc.get("status")) == "cancelled" else None,
            needs=(("suppliers", supplier),),
        )
        for one in objects(doc.get("products")):
            product, pieces = text(one.get("idproduct"), "0"), number(one.get("amount"))
            own = text(one.get("idpurchaseorder_product")) or f"{key}_{product or ''}"
            value = value_of_line(times(number(one.get("price")), pieces))
            yield line("buy_order_lines", own, key, product, quantity(pieces, 1), value)
    for key, (doc, _) in docs["receipts"].items():
        for one in objects(doc.get("products")):
            ordered = text(one.get("idpurchaseorder_product"), "0")
            version = number(doc.get("version"))
            is_first = version == 1 if version is not None else "amount_receiving" in one
            pieces = number(one.get("amount"))
            if is_first:
                receiving = number(one.get("amount_receiving"))
                pieces = pieces if receiving is None else receiving
            out = "reverted" if local(one.get("reverted_at")) else None
            if is_first and (word(doc.get("status")) != "completed" or pieces == 0):
                out = "not received yet"
            own = text(one.get("idreceipt_product")) or f"{key}_{ordered or text(one.get('idproduct')) or ''}"
            yield Row(
                "receipt_lines",
                own,
                {
                    "quantity": quantity(pieces, 1),
                    "buy_order_line_id": Told(blocks=ordered is None),
                },
                out,
                needs=(("buy_order_lines", ordered),),
            )


def _compositions(
    parts: list[tuple[str, str | None, Decimal | None]], is_no_set: Callable[[str], bool]
) -> Iterator[Row]:
    added: dict[tuple[str, str | None], list[Decimal | None]] = defaultdict(list)
    for root, part, amount in parts:
        added[root, part].append(amount)
    for (root, part), amounts in added.items():
        yield Row(
            "product_compositions",
            f"{root}_{part or ''}",
            {
                "part_quantity": quantity(total(amounts), 1),
                "part_product_id": Told(blocks=part in (None, root)),
            },
            out="no set any more" if is_no_set(root) else None,
            needs=(("products", root), ("products", part)),
        )


def logic4(docs: Docs) -> Iterator[Row]:
    for key, (doc, _) in docs["creditors"].items():
        yield Row("suppliers", key, {"name": name(text(doc.get("CompanyName")) or key)})
    levels: dict[str, list[Decimal | None]] = defaultdict(list)
    for doc, root in docs["stock"].values():
        levels[root].append(number(doc.get("FreeStock")))
    for key, (doc, _) in docs["products"].items():
        words = " ".join(filter(None, (text(doc.get("ProductName1")), text(doc.get("ProductName2")))))
        yield Row(
            "products",
            key,
            {
                "name": name(words),
                "sku_code": code(text(doc.get("ProductCode"))),
                "article_code": code(key),
                "ean_code": code(text(doc.get("BarCode1"))),
                "price": money(doc.get("SellPriceGross")),
                "stock_level": stock(total(levels[key])),
                "created_at": Told(moment(doc.get("DateTimeAdded"), AMSTERDAM)),
            },
        )
    for doc, root in docs["product_suppliers"].values():
        product, creditor = docs["products"].get(root, ({}, ""))[0], text(doc.get("CreditorId"))
        yield Row(
            "supplier_products",
            f"{root}_{creditor or ''}",
            {
                "price": money(product.get("BuyPrice")),
                "sku_code": code(text(doc.get("CreditorProductCode"))),
                "supplier_id": Told(blocks=creditor is None),
                "lot_size": at_least_one(product.get("BuyCountIncrement")),
                "minimum_purchase_quantity": at_least_one(product.get("MinBuyAmount")),
            },
            needs=(("products", root), ("suppliers", creditor)),
        )
    parts = [
        (root, text(doc.get("ProductId")), number(doc.get("Qty"))) for doc, root in docs["composed_parts"].values()
    ]
    yield from _compositions(
        parts, lambda root: flag(docs["products"].get(root, ({}, ""))[0].get("IsComposedProduct")) is False
    )
    yield from _logic4_orders(docs)


def _logic4_orders(docs: Docs) -> Iterator[Row]:
    for key, (doc, _) in docs["orders"].items():
        yield Row("sell_orders", key, {"placed": placed(moment(doc.get("CreationDate"), AMSTERDAM))})
        for one in objects(doc.get("OrderRows")):
            if not flag(one.get("IsAssemblyChild")):
                bought, pieces = text(one.get("ProductId"), "0"), number(one.get("Qty"))
                own = text(one.get("Id")) or f"{key}_{bought or ''}"
                value = value_of_line(times(pieces, number(one.get("NettPrice"))))
                yield line("sell_order_lines", own, key, bought, quantity(pieces), value)
    for key, (doc, _) in docs["buy_orders"].items():
        supplier = text(doc.get("CreditorId"))
        columns = {
            "placed": placed(moment(doc.get("CreatedAt"), AMSTERDAM)),
            "supplier_id": Told(blocks=supplier is None),
        }
        yield Row("buy_orders", key, columns, needs=(("suppliers", supplier),))
    for key, (doc, root) in docs["buy_order_rows"].items():
        if moment(doc.get("OrderedOnDateByDistributor"), AMSTERDAM):
            bought, pieces = text(doc.get("ProductId")), number(doc.get("QtyToOrder"))
            value = value_of_line(times(pieces, number(doc.get("Price"))))
            yield line("buy_order_lines", key, root, bought, quantity(pieces, 1), value)
            still = number(doc.get("QtyToDeliver"))
            received = None if pieces is None or still is None else total([pieces, still.copy_negate()])
            out = "nothing received" if received is not None and received <= 0 else None
            yield Row(
                "receipt_lines",
                f"{root}_{key}_{bought or ''}",
                {"quantity": quantity(received, 1)},
                out,
                needs=(("buy_order_lines", key),),
            )


def exact_online(docs: Docs) -> Iterator[Row]:
    for key, (doc, _) in docs["accounts"].items():
        if flag(doc.get("IsSupplier")):
            yield Row("suppliers", key, {"name": name(text(doc.get("Name")) or key)})
    levels: dict[str, list[Decimal | None]] = defaultdict(list)
    for doc, root in docs["stock_positions"].values():
        here, going = number(doc.get("CurrentStock")), number(doc.get("PlanningOut"))
        levels[root].append(None if here is None or going is None else total([here, going.copy_negate()]))
    for key, (doc, _) in docs["items"].items():
        is_bought, is_made = flag(doc.get("IsPurchaseItem")) is not False, flag(doc.get("IsMakeItem"))
        is_out = has_ended(doc.get("EndDate")) or (not is_bought and not is_made)
        yield Row(
            "products",
            key,
            {
                "name": name(text(doc.get("Description"))),
                "sku_code": code(text(doc.get("Code"))),
                "article_code": code(text(doc.get("SearchCode"))),
                "ean_code": code(text(doc.get("Barcode"))),
                **({"stock_level": stock(total(levels[key]))} if is_bought else {}),
            },
            out="disabled on arrival" if is_out else None,
        )
    for key, (doc, _) in docs["supplier_items"].items():
        item, supplier = text(doc.get("Item")), text(doc.get("Supplier"))
        yield Row(
            "supplier_products",
            key,
            {
                "sku_code": code(text(doc.get("SupplierItemCode"))),
                "lot_size": at_least_one(doc.get("PurchaseUnitFactor")),
                "minimum_purchase_quantity": at_least_one(doc.get("MinimumQuantity")),
                "product_id": Told(blocks=item is None),
                "supplier_id": Told(blocks=supplier is None),
            },
            needs=(("products", item), ("suppliers", supplier)),
        )
    parts = [
        (root, text(doc.get("PartItem")), number(doc.get("Quantity")))
        for doc, root in docs["assembly_materials"].values()
    ]
    yield from _compositions(parts, lambda _: False)
    yield from _exact_orders(docs)


def _exact_orders(docs: Docs) -> Iterator[Row]:
    invoices: dict[str, list[Any]] = defaultdict(list)
    for key, (doc, root) in docs["sales_invoices"].items():
        invoices[root].append(doc)
        item = text(doc.get("Item"))
        if item:
            value = value_of_line(number(doc.get("AmountDC")))
            yield line("sell_order_lines", key, root, item, quantity(number(doc.get("Quantity"))), value)
    for root, same in invoices.items():
        statuses = [status for doc in same if (status := number(doc.get("Status"))) is not None]
        dates = [
            max(filter(None, (exact(doc.get(at)) for doc in same)), default=None) for at in ("InvoiceDate", "Created")
        ]
        out = None if statuses and max(statuses) != 10 else "a draft"
        yield Row("sell_orders", root, {"placed": placed(*dates)} if len(same) == 1 else {}, out)
    for key, (doc, root) in docs["purchase_orders"].items():
        item, pieces = text(doc.get("Item")), number(doc.get("Quantity"))
        yield line("buy_order_lines", key, root, item, quantity(pieces, 1), value_of_line(number(doc.get("AmountDC"))))
        supplier = text(doc.get("Supplier"))
        yield Row(
            "buy_orders",
            root,
            {"placed": placed(exact(doc.get("OrderDate")), exact(doc.get("Created")))},
            needs=(("suppliers", supplier),),
        )
    for key, (doc, _) in docs["goods_receipts"].items():
        inside = doc.get("GoodsReceiptLines")
        for one in objects(inside["results"] if isinstance(inside, dict) and "results" in inside else inside):
            yield Row(
                "receipt_lines", text(one.get("ID")) or f"{key}_", {"remote_id": Told(blocks=not text(one.get("ID")))}
            )
