"""Transfers between two warehouses of the company, as Exact Online writes them."""

from __future__ import annotations

from connectors.exact_online.sandbox.items import ItemWriter
from connectors.exact_online.sandbox.odata import date
from include.sandbox.world import Record, World

DRAFT = 10
FIELDS = (
    "TransferID", "TransferNumber", "Description", "Remarks", "EntryDate", "PlannedReceiptDate", "Source", "Status",
    "WarehouseFrom", "WarehouseTo", "WarehouseTransferLines", "Created", "Modified",
)  # fmt: skip


def add_transfer(world: World, items: ItemWriter, given: Record) -> str:
    """Add a transfer that waits for a person to process it; return its guid."""
    number, now = world.next_number("transfer"), date(world.clock.now())
    guid = items.guid("transfer", number)
    lines = [
        {"ID": items.guid("transfer line", f"{number}:{place}"), "TransferID": guid, "LineNumber": place, **line}
        for place, line in enumerate(given["WarehouseTransferLines"], start=1)
    ]
    record = {
        **dict.fromkeys(FIELDS),
        "EntryDate": now,
        **given,
        "TransferID": guid,
        "TransferNumber": number,
        "Source": 4,
        "Status": DRAFT,
        "WarehouseTransferLines": lines,
        "Created": now,
        "Modified": now,
    }
    return world["transfers"].put(guid, record).key
