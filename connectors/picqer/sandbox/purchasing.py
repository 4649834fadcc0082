"""Purchase orders and receipts, versions 1 and 2, as Picqer writes them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.picqer.sandbox.products import MAIN_WAREHOUSE, product_id, supplier_id, wall
from include.sandbox.catalogue import Article, Supplier
from include.sandbox.world import Record

HEADER = ("idsupplier", "idwarehouse", "idtemplate", "supplier_orderid", "remarks", "delivery_date", "language")
"""What a request may say of an order."""


def purchase_order(
    number: int, supplier: Supplier, lines: list[tuple[int, Article, int]], created: datetime, *, named_only: bool
) -> Record:
    """Return a concept; `lines` are id, article and amount. `named_only`: the supplier is told by name, not by id.

    Optiply's number stands in one of two fields; others hold the number of the supplier.
    """
    ours = {1: {"supplier_orderid": f"OP {810000 + number}"}, 2: {"remarks": f"Graag spoed. Optiply {810000 + number}"}}
    return blank_order(number, [_line(*line) for line in lines], created) | {
        "idsupplier": None if named_only else supplier_id(supplier.number),
        "idwarehouse": 19 if number % 13 == 12 else MAIN_WAREHOUSE,
        "supplier_name": supplier.name,
        "supplier_orderid": f"{20240000 + number}" if number % 4 == 0 else None,
        **ours.get(number % 4, {}),
    }


def blank_order(number: int, lines: list[Record], created: datetime) -> Record:
    """Return a concept of which nothing but its lines is filled in."""
    return {
        "idpurchaseorder": 7000 + number,
        "idsupplier": None,
        "idtemplate": 12,
        "idwarehouse": None,
        "idfulfilment_customer": None,
        "purchaseorderid": f"2026{number:05d}",
        "supplier_name": None,
        "supplier_orderid": None,
        "status": "concept",
        "remarks": None,
        "delivery_date": None,
        "language": "nl",
        "purchased_by_iduser": None,
        "purchased_at": None,
        "completed_by_iduser": None,
        "completed_at": None,
        "created_by_iduser": 4,
        "products": lines,
        "created": wall(created),
        "updated": wall(created),
    }


def _line(identity: int, article: Article, amount: int) -> Record:
    return {
        "idpurchaseorder_product": identity,
        "idproduct": product_id(article.number),
        "idvatgroup": 18,
        "productcode": article.sku,
        "productcode_supplier": f"L{article.supplier}-{article.number}",
        "name": article.name,
        "price": article.purchase_price,
        "amount": amount,
        "amountreceived": 0,
        "delivery_date": None,
        "weight": int(article.weight * 1000),
    }


def line_of(identity: int, product: Record, amount: int, price: Decimal | int, due: str | None) -> Record:
    """Return a line for a product of the account."""
    copied = ("idproduct", "idvatgroup", "productcode", "productcode_supplier", "name")
    return {
        "idpurchaseorder_product": identity,
        **{name: product[name] for name in copied},
        "price": price,
        "amount": amount,
        "amountreceived": 0,
        "delivery_date": due,
        "weight": product["weight"],
    }


def receipt(number: int, version: int, orders: list[Record], created: datetime) -> Record:
    """Return a receipt without rows; one that is about several purchase orders names none."""
    single = orders[0] if len(orders) == 1 else None
    supplier = {"idsupplier": orders[0]["idsupplier"], "name": orders[0]["supplier_name"]}
    found: Record = {
        "idreceipt": 9000 + number,
        "idwarehouse": orders[0]["idwarehouse"],
        "version": version,
        "supplier": supplier,
        "purchaseorder": single and {name: single[name] for name in ("idpurchaseorder", "purchaseorderid")},
        "receiptid": f"R2026-{number}",
        "status": "processing",
        "completed_by": [],
        "amount_received": 0,
        "completed_at": None,
        "created": wall(created),
        "updated": wall(created),
        "products": [],
    }
    return found if version == 2 else found | {"remarks": None, "amount_received_excessive": 0}


def row_of_version_2(identity: int, order: Record, line: Record, amount: int, at: datetime) -> Record:
    """Return a row that is in stock already."""
    return {
        **_row(identity, order, line),
        "amount": amount,
        "amount_ordered": line["amount"],
        "added_by_receipt": False,
        "abc_classification": "A",
        "location": {"idlocation": 77, "name": "A-01-02"} if identity % 2 else [],
        "created_at": wall(at),
        "received_by_iduser": 4,
        "reverted_at": None,
        "reverted_by_iduser": None,
    }


def row_of_version_1(identity: int, order: Record, line: Record, amount: int) -> Record:
    """Return a row of what is expected; `amount` of it has come with this receipt."""
    before = line["amountreceived"]
    return {
        **_row(identity, order, line),
        "amount_ordered": line["amount"],
        "amount_receiving": amount,
        "amount_previously_received": before,
        "amount_more_than_ordered": max(0, before + amount - line["amount"]),
        "amount_backorders": 0,
        "stock": 0,
        "stock_location": None,
        "locations": [],
        "candidate_purchaseorders": [],
    }


def _row(identity: int, order: Record, line: Record) -> dict[str, Any]:
    copied = ("idpurchaseorder_product", "idproduct", "productcode", "productcode_supplier", "name")
    return {
        "idreceipt_product": identity,
        **{name: line[name] for name in copied},
        "idpurchaseorder": order["idpurchaseorder"],
        "barcode": None,
    }
