"""An order that Optiply places goes out through Airflow; one that is refused says why, and goes out by one click."""

import json
from typing import Any

import pytest

from tests.e2e.platform import Platform, wait_until

ERP = "bralex__exact_online"
REFUSED = {"error": {"code": "", "message": {"lang": "", "value": "Artikel is niet inkoopbaar"}}}
OFFER = """
select jsonb_build_object('supplier_id', sp.supplier_id, 'product_id', sp.product_id, 'lot', coalesce(sp.lot_size, 1))
from optiply.supplier_products sp
join platform.couplings c on c.id = sp.coupling_id and c.name = %s
where sp.deleted_at is null and sp.status = 'enabled'
order by sp.id limit 1
"""


def offer(platform: Platform) -> dict[str, Any]:
    """Return what a supplier delivers, pulled where this is the first test that needs it."""
    if platform.stage.one(OFFER, ERP) is None:
        platform.ends_well(platform.trigger(ERP, "suppliers", "products", "supplier_products", mode="all"))
    found: dict[str, Any] = wait_until(lambda: platform.stage.one(OFFER, ERP), "supplier products to be mapped", 90)
    return found


@pytest.mark.requirement("F3", "R1", "R8")
def test_a_refused_order_tells_the_remote_s_words_and_is_sent_by_one_click(platform: Platform) -> None:
    erp, bought = platform.sandbox("exact_online"), offer(platform)
    lines = [{"optiply_id": 77010101, "product_id": bought["product_id"], "quantity": 2 * bought["lot"],
              "subtotal_value": 20}]  # fmt: skip
    document = {"optiply_id": 770101, "supplier_id": bought["supplier_id"], "lines": lines}
    platform.stage.one("select platform.place_buy_order('bralex', %s)", json.dumps(document))
    platform.api.wait_for_dags([f"{ERP}__push"])

    erp.admin.fault("status", "/PurchaseOrders", method="POST", status=400, body=json.dumps(REFUSED))
    run = platform.push(ERP)
    assert platform.finish(run) == "failed"
    reason, advice = platform.log(run, "push_buy_orders")[-2:]
    assert reason.startswith("FAILED (bad request): 770101 is rejected: ")
    assert reason.endswith("answered 400: Artikel is niet inkoopbaar")
    assert advice.startswith("Who acts: support. Next step: Correct in Exact Online or in Optiply what it says")

    run = platform.push(ERP, orders="770101")
    platform.ends_well(run)
    assert platform.log(run, "push_buy_orders")[-1].startswith("DONE: 1 sent")
    # The sandbox keeps a row per line, and the order has one.
    made = [line["PurchaseOrderID"] for line in erp.records("purchases") if line.get("YourRef") == "770101"]
    stored = platform.stage.one("select remote_id from optiply.buy_orders where optiply_id = 770101")
    assert made == [stored]
