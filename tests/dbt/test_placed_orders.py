"""Orders that Optiply placed, on their way back: recognised, adopted, completed, and not overwritten by older words."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest
from psycopg import sql

from tests.dbt.test_buying import DAY, MAY_18, MAY_20, land_line, land_receipt
from tests.dbt.warehouse import Coupling, Row, Warehouse

pytestmark = pytest.mark.rule("B15")
NUMBER = 551122
BUYING = (
    "int_buy_orders__unioned",
    "int_buy_order_lines__unioned",
    "int_receipt_lines__unioned",
    "buy_orders",
    "buy_order_lines",
    "receipt_lines",
    "quarantine",
)


@dataclass
class Shop:
    """A webshop whose buy orders go to Exact Online, with what a push would write about them."""

    warehouse: Warehouse
    coupling: Coupling

    def place(self, *lines: tuple[int, str, int, str], number: int = NUMBER) -> int:
        """Place an order of lines (Optiply's number, item, pieces, value); its id."""
        given = [
            {"optiply_id": line, "product_id": self.id_of(item), "quantity": pieces, "subtotal_value": value}
            for line, item, pieces, value in lines
        ]
        document = {"optiply_id": number, "supplier_id": 1, "lines": given}
        name = self.warehouse.row("select name from platform.webshops where id = %s", self.coupling.webshop_id)["name"]
        placed = self.warehouse.row("select platform.place_buy_order(%s, %s) as id", name, json.dumps(document))
        return int(placed["id"])

    def id_of(self, item: str) -> int:
        query = "select id from optiply.products where coupling_id = %s and remote_id = %s"
        return int(self.warehouse.row(query, self.coupling.id, item)["id"])

    def begin(self, order: int) -> None:
        """Write the intent to create the order, as the push does before its call."""
        self.warehouse.connection.execute(
            """insert into platform.push_steps (push_order_id, number, version, step)
               select pushed.id, (select count(*) from platform.push_steps) + 1, pushed.wanted_version, 'create'
               from platform.push_orders as pushed where pushed.buy_order_id = %s""",
            (order,),
        )

    def confirm(self, order: int, remote_id: str, lines: Mapping[int, str] | None = None) -> None:
        """Write what the push does when the remote has accepted: ids, and the order into the news."""
        execute = self.warehouse.connection.execute
        with self.warehouse.connection.transaction():
            execute("set local optiply.writer = 'platform'")
            execute("update platform.push_steps set outcome = 'accepted', finished_at = now()")
            execute(
                "update platform.push_orders set state = 'sent', sent_version = wanted_version, remote_id = %s"
                " where buy_order_id = %s",
                (remote_id, order),
            )
            execute("update optiply.buy_orders set remote_id = %s where id = %s", (remote_id, order))
            for number, line in (lines or {}).items():
                execute("update optiply.buy_order_lines set remote_id = %s where optiply_id = %s", (line, number))
            execute(
                """insert into platform.push_lines (push_order_id, buy_order_line_id, sent)
                   select pushed.id, line.id, '{}' from platform.push_orders as pushed
                   inner join optiply.buy_order_lines as line on line.buy_order_id = pushed.buy_order_id
                   where pushed.buy_order_id = %s on conflict do nothing""",
                (order,),
            )
        self.warehouse.tell(self.coupling, "purchase_orders", remote_id)

    def send(self, order: int, remote_id: str = "p-9", lines: Mapping[int, str] | None = None) -> None:
        self.begin(order)
        self.confirm(order, remote_id, lines)

    def transform(self) -> int:
        return self.warehouse.transform(*BUYING)

    def orders(self) -> list[Row]:
        return self.warehouse.rows(
            """select id, remote_id, optiply_id, reference, total_value::text as total,
                   completed::date::text as completed, deleted_at is null as live
               from optiply.buy_orders order by remote_id nulls first"""
        )

    def lines(self, order: int) -> list[tuple[int | None, str | None, int]]:
        rows = self.warehouse.rows(
            """select optiply_id, remote_id, quantity from optiply.buy_order_lines
               where buy_order_id = %s and deleted_at is null order by id""",
            order,
        )
        return [(row["optiply_id"], row["remote_id"], row["quantity"]) for row in rows]

    def received(self) -> Sequence[Row]:
        return self.warehouse.rows(
            """select receipts.remote_id, receipts.quantity, lines.optiply_id as line
               from optiply.receipt_lines as receipts
               inner join optiply.buy_order_lines as lines on lines.id = receipts.buy_order_line_id
               where receipts.deleted_at is null order by receipts.remote_id"""
        )


def shop_with(warehouse: Warehouse, **settings: object) -> Shop:
    """A shop with a supplier and two items that were mapped before."""
    owns = ("products", "suppliers", "buy_orders", "receipt_lines")
    named = {f"buy_orders.{name}": value for name, value in settings.items()}
    coupling = warehouse.coupling(warehouse.webshop(), "exact_online", owns, named)
    for table, remote_ids in (("suppliers", ["S4"]), ("products", ["i1", "i2"])):
        query = sql.SQL(
            "insert into {} (webshop_id, coupling_id, remote_id, name) select %s, %s, remote_id, remote_id"
            " from unnest(%s::text[]) as remote_id"
        ).format(sql.Identifier("optiply", table))
        warehouse.connection.execute(query, (coupling.webshop_id, coupling.id, remote_ids))
    return Shop(warehouse, coupling)


@pytest.fixture
def shop(warehouse: Warehouse) -> Shop:
    return shop_with(warehouse)


def land(shop: Shop, key: str = "l1", order: str = "p-9", **fields: object) -> None:
    """Land a line, made just now, of an order that carries Optiply's number."""
    given = {"YourRef": str(NUMBER), "Created": f"/Date({int(time.time() * 1000)})/"} | fields
    land_line(shop.warehouse, shop.coupling, key, order, **given)


def test_order_comes_back_as_itself_until_all_is_received(shop: Shop) -> None:
    order = shop.place((901, "i1", 24, "948.00"), (902, "i2", 8, "52.00"))
    shop.send(order, lines={901: "l1"})
    land(shop, "l1")
    land(shop, "l2", Item="i2", Quantity=8, QuantityInPurchaseUnits=8, AmountDC=52, LineNumber=2)
    land_receipt(shop.warehouse, shop.coupling, "g1", "l2", 3)
    shop.transform()
    open_order = {"id": order, "remote_id": "p-9", "optiply_id": NUMBER, "reference": NUMBER, "total": "1000.00",
                  "completed": None, "live": True}  # fmt: skip
    assert shop.orders() == [open_order]
    # The remote's answer named one line; the other is found by its product.
    assert shop.lines(order) == [(901, "l1", 24), (902, "l2", 8)]
    assert shop.received() == [{"remote_id": "g1-1", "quantity": 3, "line": 902}]
    land(shop, "l1", ReceiptStatus=30, ReceivedQuantity=24, Modified=f"/Date({MAY_20})/")
    shop.transform()
    assert shop.orders() == [open_order | {"completed": "2026-05-20"}]
    land(shop, "l1", YourRef="7", ReceiptStatus=20, ReceivedQuantity=20, Modified=f"/Date({MAY_20 + DAY})/")
    shop.transform()
    assert shop.orders() == [open_order]


def test_an_order_that_is_pulled_before_it_is_confirmed_is_adopted(shop: Shop) -> None:
    order = shop.place((901, "i1", 24, "948.00"))
    shop.begin(order)
    land(shop, AmountDC=950)
    shop.transform()
    (row,) = shop.orders()
    # Until the push has settled it, only the id is known: the order stays as Optiply placed it.
    assert (row["id"], row["remote_id"], row["total"], shop.lines(order)) == (order, "p-9", "948.00", [(901, None, 24)])
    shop.confirm(order, "p-9")
    shop.transform()
    (row,) = shop.orders()
    assert (row["id"], row["total"], shop.lines(order)) == (order, "950.00", [(901, "l1", 24)])


def test_of_two_records_with_one_number_a_person_chooses(shop: Shop) -> None:
    order = shop.place((901, "i1", 24, "948.00"))
    shop.begin(order)
    land(shop, "l1", "p-9")
    land(shop, "l2", "p-10")
    land_receipt(shop.warehouse, shop.coupling, "g1", "l1", 1)
    shop.transform()
    assert [(row["remote_id"], row["optiply_id"]) for row in shop.orders()] == [
        (None, NUMBER), ("p-10", None), ("p-9", None)
    ]  # fmt: skip
    shop.confirm(order, "p-9")
    shop.transform()
    assert [(row["id"] == order, row["remote_id"], row["optiply_id"]) for row in shop.orders()] == [
        (False, "p-10", None), (True, "p-9", NUMBER)
    ]  # fmt: skip
    assert shop.lines(order) == [(901, "l1", 24)]
    assert shop.received() == [{"remote_id": "g1-1", "quantity": 6, "line": 901}]
    land(shop, "l2", "p-10", AmountDC=5)
    shop.transform()
    assert [row["total"] for row in shop.orders()] == ["5.00", "948.00"]


def test_a_number_that_a_customer_typed_claims_nothing(shop: Shop) -> None:
    land(shop, "l1", "typed")
    land(shop, "l2", "named", YourRef=None, Description="Optiply 7")
    neighbour = shop_with(shop.warehouse)
    shop.transform()
    assert [(row["remote_id"], row["optiply_id"], row["reference"]) for row in shop.orders()] == [
        ("named", 7, 7), ("typed", None, NUMBER)
    ]  # fmt: skip
    order = shop.place((901, "i1", 24, "948.00"))
    # Nothing was sent yet: what carries the number is not it.
    land(shop, "l3", "early")
    shop.transform()
    shop.begin(order)
    land(shop, "l1", "typed", AmountDC=1)
    land(shop, "l4", "old", Created="/Date(1577836800000)/")
    land(neighbour, "l5", "elsewhere")
    shop.transform()
    found = {row["remote_id"]: row["optiply_id"] for row in shop.orders()}
    assert found == {"typed": None, "named": 7, "early": None, "old": None, "elsewhere": None, None: NUMBER}


def test_an_older_word_of_the_remote_does_not_undo_a_change(shop: Shop) -> None:
    order = shop.place((901, "i1", 24, "948.00"))
    shop.send(order, lines={901: "l1"})
    land(shop)
    shop.transform()
    shop.place((901, "i1", 30, "1185.00"))
    land(shop, Modified=f"/Date({MAY_18})/")
    shop.transform()
    assert (shop.orders()[0]["total"], shop.lines(order)) == ("1185.00", [(901, "l1", 30)])
    # The change is sent, and what is known of the order is still from before.
    shop.send(order)
    shop.transform()
    assert (shop.orders()[0]["total"], shop.lines(order)) == ("1185.00", [(901, "l1", 30)])
    land(shop, Quantity=29, AmountDC=1150, Modified=f"/Date({MAY_20})/")
    shop.transform()
    assert (shop.orders()[0]["total"], shop.lines(order)) == ("1150.00", [(901, "l1", 29)])


def test_lines_that_the_remote_joined_and_lines_that_it_added(shop: Shop) -> None:
    order = shop.place((901, "i1", 6, "237.00"), (902, "i1", 18, "711.00"))
    shop.send(order)
    land(shop, "l1", Quantity=24)
    land(shop, "l2", Item="i2", Quantity=1, QuantityInPurchaseUnits=1, AmountDC=52)
    shop.transform()
    assert shop.lines(order) == [(901, "l1", 24), (None, "l2", 1)]
    assert shop.orders()[0]["total"] == "1000.00"


@pytest.mark.requirement("R15")
def test_lines_switched_off_stay_where_optiply_placed_them(warehouse: Warehouse) -> None:
    shop = shop_with(warehouse, lines=False)
    order = shop.place((901, "i1", 24, "948.00"))
    shop.send(order, lines={901: "l1"})
    land(shop)
    land(shop, "l2", "own", YourRef=None)
    land_receipt(warehouse, shop.coupling, "g1", "l1", 1)
    land_receipt(warehouse, shop.coupling, "g2", "l2", 1)
    shop.transform()
    own = next(row["id"] for row in shop.orders() if row["remote_id"] == "own")
    assert (shop.lines(order), shop.lines(own)) == ([(901, "l1", 24)], [])
    assert [row["remote_id"] for row in shop.received()] == ["g1-1"]


def test_a_coupling_that_only_posts_takes_nothing_back(warehouse: Warehouse) -> None:
    shop = shop_with(warehouse, two_way=False)
    order = shop.place((901, "i1", 24, "948.00"))
    shop.send(order, lines={901: "l1"})
    land(shop, AmountDC=1, ReceiptStatus=30)
    land(shop, "l2", "own", YourRef=None)
    land_receipt(warehouse, shop.coupling, "g1", "l1", 1)
    shop.transform()
    assert [(row["id"], row["total"], row["completed"]) for row in shop.orders()] == [(order, "948.00", None)]
    assert shop.received() == []
    warehouse.connection.execute("update optiply.buy_orders set completed = '2026-05-20'")
    assert warehouse.row("select wanted_version = sent_version as settled from platform.push_orders")["settled"]


def test_a_line_that_moves_to_another_order_is_the_same_row(shop: Shop) -> None:
    land(shop, "l1", "p-9", YourRef=None)
    land(shop, "l2", "p-9", YourRef=None, Item="i2", AmountDC=52)
    land(shop, "l3", "p-10", YourRef=None, AmountDC=1)
    shop.transform()
    query = "select id, buy_order_id from optiply.buy_order_lines where remote_id = 'l2'"
    before = shop.warehouse.row(query)
    shop.warehouse.tell(shop.coupling, "purchase_orders", "p-9")
    land(shop, "l2", "p-10", YourRef=None, Item="i2", AmountDC=52)
    shop.transform()
    after = shop.warehouse.row(query)
    assert (after["id"], after["buy_order_id"] != before["buy_order_id"]) == (before["id"], True)
    assert [(row["remote_id"], row["total"]) for row in shop.orders()] == [("p-10", "53.00"), ("p-9", "948.00")]
