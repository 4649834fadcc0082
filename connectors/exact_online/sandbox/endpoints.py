"""The endpoints of a division: which records each serves, and how it pages."""

from __future__ import annotations

import dataclasses

from connectors.exact_online.sandbox.purchases import HEADER
from connectors.exact_online.sandbox.transfers import FIELDS

PURCHASE_ORDERS = "purchase_orders"
"""Orders with their lines, made of the collection `purchases`."""


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """`hidden` are the fields that this endpoint does not have; sync endpoints have `Timestamp` instead."""

    path: str
    collection: str
    sync: bool
    model: str
    hidden: frozenset[str] = frozenset()
    key: str = "ID"
    lines: str = ""
    """The field that `$expand` shows; without that it is a link."""
    fields: tuple[str, ...] = ()
    """What a record has, for a collection that may be empty; otherwise any record tells."""


def _all() -> dict[str, Endpoint]:
    sync = {
        "sync/Logistics/Items": ("items", "Item"),
        "sync/Inventory/StockPositions": ("stock_positions", "StockPosition"),
        "sync/Logistics/SalesItemPrices": ("prices", "SalesItemPrice"),
        "sync/Logistics/PurchaseItemPrices": ("purchase_prices", "PurchaseItemPrice"),
        "sync/Sales/SalesPriceListVolumeDiscounts": ("list_prices", "SalesPriceListVolumeDiscount"),
        "sync/CRM/Accounts": ("accounts", "Account"),
        "sync/Logistics/SupplierItem": ("supplier_items", "SupplierItem"),
        "sync/SalesOrder/SalesOrderHeaders": ("orders", "SalesOrderHeader"),
        "sync/SalesOrder/SalesOrderLines": ("order_lines", "SalesOrderLine"),
        "sync/SalesInvoice/SalesInvoices": ("invoices", "SalesInvoice"),
        "sync/PurchaseOrder/PurchaseOrders": ("purchases", "PurchaseOrder"),
        "sync/Manufacturing/ShopOrders": ("shop_orders", "ShopOrder"),
        "sync/Manufacturing/BillOfMaterialVersions": ("bom_versions", "BillOfMaterialVersion"),
        "sync/Manufacturing/BillOfMaterialMaterials": ("version_materials", "BillOfMaterialMaterial"),
        "sync/Deleted": ("deleted", "Deleted"),
    }
    normal = {
        "logistics/Items": ("items", "Item"),
        "crm/Accounts": ("accounts", "Account"),
        "logistics/SalesItemPrices": ("prices", "SalesItemPrice"),
        "logistics/SupplierItem": ("supplier_items", "SupplierItem"),
        "sales/SalesPriceListPeriods": ("price_periods", "SalesPriceListPeriod"),
        "salesorder/SalesOrderLines": ("order_lines", "SalesOrderLine"),
        "inventory/AssemblyBillOfMaterialHeader": ("boms", "AssemblyBillOfMaterialHeader"),
        "inventory/AssemblyBillOfMaterialMaterials": ("bom_materials", "AssemblyBillOfMaterialMaterials"),
        "inventory/AssemblyOrders": ("assembly_orders", "AssemblyOrder"),
        "manufacturing/ShopOrders": ("shop_orders", "ShopOrder"),
        "inventory/Warehouses": ("warehouses", "Warehouse"),
        "purchaseorder/PurchaseReturnLines": ("sent_back", "PurchaseReturnLine"),
    }
    # One row per line holds the order's fields too.
    lines_only = frozenset(HEADER) - {"PurchaseOrderID", "Modified"}
    buying = [
        Endpoint("purchaseorder/PurchaseOrders", PURCHASE_ORDERS, False, "PurchaseOrder", lines="PurchaseOrderLines"),
        Endpoint("purchaseorder/PurchaseOrderLines", "purchases", False, "PurchaseOrderLine", lines_only),
        Endpoint(
            "inventory/WarehouseTransfers", "transfers", False, "WarehouseTransfer",
            lines="WarehouseTransferLines", fields=FIELDS,
        ),
    ]  # fmt: skip
    orders = Endpoint("salesorder/SalesOrders", "orders", False, "SalesOrder", frozenset({"ID"}), "OrderID")
    receipts = Endpoint("purchaseorder/GoodsReceipts", "receipts", False, "GoodsReceipt", lines="GoodsReceiptLines")
    found = [Endpoint(path, name, True, f"Sync.{model}") for path, (name, model) in sync.items()]
    found += [Endpoint(path, name, False, model) for path, (name, model) in normal.items()]
    return {endpoint.path: endpoint for endpoint in (*found, *buying, orders, receipts)}


ENDPOINTS = _all()
