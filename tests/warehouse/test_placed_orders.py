"""Buy orders that Optiply places by SQL or in one call: what is filled in, what is refused, what becomes a wish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import errors

from include.kit.scratch import scratch, server
from include.warehouse.copy_rows import copy_webshops
from include.warehouse.explain import explain

pytestmark = pytest.mark.rule("B15")
Connection = psycopg.Connection[Any]
WEBSHOP, COUPLING, SUPPLIER, PRODUCT, OTHER_PRODUCT = 1, 1, 1, 1, 2


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with scratch(server(), "placed") as dsn:
        yield dsn


@pytest.fixture
def shop(database: str) -> Iterator[Connection]:
    """Two webshops; in the first, one supplier and one product are unknown to the coupling that owns buy orders."""
    with psycopg.connect(database) as connection:
        connection.execute(
            """insert into platform.webshops (id, name, title, time_zone) overriding system value
                   values (1, 'shop', '', 'UTC'), (2, 'neighbour', '', 'UTC');
               insert into platform.couplings (id, webshop_id, name, connector, title, role, config_hash)
                   overriding system value values
                   (1, 1, 'shop__picqer', 'picqer', '', 'primary', ''),
                   (2, 1, 'shop__woocommerce', 'woocommerce', '', 'primary', ''),
                   (3, 2, 'neighbour__picqer', 'picqer', '', 'primary', '');
               insert into platform.ownership (webshop_id, object, coupling_id, priority)
                   values (1, 'buy_orders', 1, 1), (2, 'buy_orders', 3, 1);
               insert into optiply.suppliers (id, webshop_id, coupling_id, remote_id, name) overriding system value
                   values (1, 1, 1, 'S1', 'Jansen'), (2, 1, 2, 'W1', 'Web'), (3, 2, 3, 'S9', 'Buren');
               insert into optiply.products (id, webshop_id, coupling_id, remote_id, name) overriding system value
                   values (1, 1, 1, 'P1', 'Stoel'), (2, 1, 1, 'P2', 'Tafel'), (3, 1, 2, 'W1', 'Lamp'),
                   (4, 2, 3, 'P9', 'X')"""
        )
        yield connection
        connection.rollback()


def one(shop: Connection, query: LiteralString, *values: object) -> tuple[Any, ...]:
    rows = shop.execute(query, values).fetchall()
    assert len(rows) == 1, rows
    return tuple(rows[0])


def document(number: int = 551122, **changes: Any) -> dict[str, Any]:
    lines = [
        {"optiply_id": 901, "product_id": PRODUCT, "quantity": 6, "subtotal_value": "12.50"},
        {"optiply_id": 902, "product_id": OTHER_PRODUCT, "quantity": 1, "subtotal_value": "7.50"},
    ]
    return {"optiply_id": number, "supplier_id": SUPPLIER, "placed": "2026-05-18T09:00:00Z", "lines": lines} | changes


def place(shop: Connection, webshop: str = "shop", **changes: Any) -> int:
    return int(one(shop, "select platform.place_buy_order(%s, %s)", webshop, json.dumps(document(**changes)))[0])


def wanted(shop: Connection) -> int:
    return int(one(shop, "select coalesce(sum(wanted_version), 0) from platform.push_orders")[0])


def refusal(shop: Connection, query: LiteralString, *values: object) -> tuple[str, str]:
    """The field and the message with which a write is refused; nothing of it stays."""
    with pytest.raises(errors.CheckViolation) as refused, shop.transaction():
        shop.execute(query, values)
    assert refused.value.diag.message_hint
    return refused.value.diag.column_name or "", refused.value.diag.message_primary or ""


def test_plain_sql_of_an_analyst_places_an_order(shop: Connection) -> None:
    shop.execute("insert into optiply.buy_orders (optiply_id, supplier_id, total_value) values (7, 1, 20)")
    shop.execute(
        "insert into optiply.buy_order_lines (buy_order_id, optiply_id, product_id, quantity, subtotal_value)"
        " select id, 71, 1, 5, 20 from optiply.buy_orders"
    )
    row = one(shop, "select webshop_id, coupling_id, reference, remote_id, placed is not null from optiply.buy_orders")
    assert row == (WEBSHOP, COUPLING, 7, None, True)
    line = one(shop, "select webshop_id, coupling_id, reference, remote_id from optiply.buy_order_lines")
    assert line == (WEBSHOP, COUPLING, 71, None)
    state = one(shop, "select state, wanted_version > sent_version from platform.push_orders")
    assert state == ("waiting", True)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"optiply_id": None}, "optiply_id", "missing"),
        ({"supplier_id": 99}, "supplier_id", "99 is no supplier"),
        ({"supplier_id": 2}, "supplier_id", "2 (Web) is not known in shop__picqer"),
        ({"supplier_id": 3}, "supplier_id", "3 belongs to another webshop"),
        ({"coupling_id": 2}, "coupling_id", "2 does not own"),
        ({"coupling_id": 3}, "coupling_id", "3 does not own"),
        ({"completed": "2026-05-18"}, "completed", "is set"),
    ],
)
def test_an_order_that_cannot_be_sent_is_refused(
    shop: Connection, change: dict[str, Any], field: str, words: str
) -> None:
    given = {"optiply_id": 7, "supplier_id": 1, "webshop_id": 1, "coupling_id": None, "completed": None} | change
    found = refusal(
        shop,
        "insert into optiply.buy_orders (optiply_id, supplier_id, webshop_id, coupling_id, completed)"
        " values (%s, %s, %s, %s, %s)",
        *given.values(),
    )
    assert found[0] == field
    assert words in found[1]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"product_id": 3}, "lines[0].product_id", "3 (Lamp) is not known in shop__picqer"),
        ({"product_id": 4}, "lines[0].product_id", "4 belongs to another webshop"),
        ({"product_id": None}, "lines[0].product_id", "null is no product"),
        ({"quantity": 0}, "lines[0].quantity", "0 is not between 1 and 9999999"),
        ({"quantity": 2.5}, "lines[0].quantity", "is not a whole number"),
        ({"subtotal_value": "1,50"}, "lines[0].subtotal_value", "is not an amount"),
        ({"subtotal_value": -1}, "lines[0].subtotal_value", "-1.00 is no amount of zero or more"),
        ({"optiply_id": None}, "lines[0].optiply_id", "is missing"),
        ({"expected_delivery_date": "soon"}, "lines[0].expected_delivery_date", "is no moment"),
        ({"colour": "red"}, "lines[0].colour", "is not known"),
    ],
)
def test_a_line_that_cannot_be_sent_is_named(shop: Connection, change: dict[str, Any], field: str, words: str) -> None:
    lines = document()["lines"]
    given = json.dumps(document(lines=[lines[0] | change, lines[1]]))
    found = refusal(shop, "select platform.place_buy_order('shop', %s)", given)
    assert found[0] == field
    assert words in found[1]
    assert wanted(shop) == 0


def test_the_document_as_a_whole_is_checked(shop: Connection) -> None:
    ask: LiteralString = "select platform.place_buy_order(%s, %s)"
    cases: list[tuple[str, object, str]] = [
        ("shop", [], "document"),
        ("nowhere", document(), "webshop"),
        ("neighbour", document(), "supplier_id"),
        ("shop", document(lines=[]), "lines"),
        ("shop", document(total_value="20.01"), "total_value"),
        ("shop", document(placed="yesterday"), "placed"),
        ("shop", document() | {"optiply_id": "1.5"}, "optiply_id"),
        ("shop", document() | {"lines": [document()["lines"][0]] * 2}, "lines[1].optiply_id"),
    ]
    for webshop, given, field in cases:
        assert refusal(shop, ask, webshop, json.dumps(given))[0] == field, given


def test_the_same_document_is_no_wish_and_another_is_a_change(shop: Connection) -> None:
    order = place(shop, total_value="20.00")
    before = wanted(shop)
    assert place(shop, total_value="20.00") == order
    assert wanted(shop) == before
    lines = document()["lines"]
    assert place(shop, lines=[lines[0] | {"quantity": 8}]) == order
    assert wanted(shop) > before
    rows = shop.execute("select optiply_id, quantity, deleted_at is null from optiply.buy_order_lines order by 1")
    assert rows.fetchall() == [(901, 8, True), (902, 1, False)]
    assert one(shop, "select total_value from optiply.buy_orders")[0] == 12.5


def test_a_repeated_document_does_not_undo_what_the_remote_did_since(shop: Connection) -> None:
    place(shop)
    shop.execute("set local optiply.writer = 'transform'")
    shop.execute("update platform.push_orders set sent_version = wanted_version, state = 'sent'")
    shop.execute("update optiply.buy_order_lines set quantity = 5 where optiply_id = 901")
    shop.execute("set local optiply.writer = ''")
    before = wanted(shop)
    place(shop)
    assert wanted(shop) == before
    assert one(shop, "select quantity from optiply.buy_order_lines where optiply_id = 901")[0] == 5


def test_a_copy_for_a_preview_holds_the_orders_as_they_stand(shop: Connection) -> None:
    place(shop)
    neighbours = document(8, supplier_id=3, lines=[document()["lines"][0] | {"optiply_id": 99, "product_id": 4}])
    shop.execute("select platform.place_buy_order('neighbour', %s)", (json.dumps(neighbours),))
    shop.execute(
        "insert into platform.push_steps (push_order_id, number, version, step) select id, 1, 1, 'create' from"
        " platform.push_orders"
    )
    shop.execute("insert into platform.push_lines select id, 1, '31', '{}' from platform.push_orders")
    counts: LiteralString = (
        "select (select sum(wanted_version) from platform.push_orders where coupling_id = 1),"
        " (select count(*) from optiply.buy_orders where coupling_id = 1 and remote_id is null),"
        " (select count(*) from optiply.buy_order_lines where coupling_id = 1)"
    )
    here = one(shop, counts)
    with scratch(server(), "copied") as dsn, psycopg.connect(dsn) as target:
        target.execute("delete from platform.migrations")
        copy_webshops(shop, target, [1])
        assert one(target, counts) == here
        assert one(target, "select count(*), min(coupling_id) from platform.push_orders") == (1, 1)
        assert one(target, "select count(*) from platform.push_steps") == (1,)
        target.execute("update optiply.buy_orders set total_value = 1")
        assert one(target, counts)[0] == here[0] + 1


def test_an_order_that_is_not_confirmed_is_explained_by_its_state(shop: Connection) -> None:
    place(shop)
    shop.execute("update platform.push_orders set state = 'rejected', error_text = 'Blocked.', next_step = 'Unblock.'")
    found = explain(shop, "shop", "buy_orders", "551122")
    assert (found.hits, found.answers) == (
        [],
        [
            "Optiply placed this order for shop__picqer, and the remote has not confirmed it: rejected."
            " Blocked. Unblock."
        ],
    )


def test_cancelling_is_a_wish_once(shop: Connection) -> None:
    order = place(shop)
    before = wanted(shop)
    assert one(shop, "select platform.cancel_buy_order('shop', 551122)")[0] == order
    once = wanted(shop)
    assert once > before
    assert one(shop, "select platform.cancel_buy_order('shop', 551122)")[0] == order
    assert wanted(shop) == once
    assert refusal(shop, "select platform.cancel_buy_order('neighbour', 551122)")[0] == "optiply_id"
    again = refusal(shop, "select platform.place_buy_order('shop', %s)", json.dumps(document()))
    assert again == ("optiply_id", "buy order 551122: optiply_id is cancelled")


def test_deleting_is_cancelling(shop: Connection) -> None:
    place(shop)
    before = wanted(shop)
    shop.execute("delete from optiply.buy_order_lines where optiply_id = 902")
    shop.execute("delete from optiply.buy_orders where optiply_id = 551122")
    assert wanted(shop) == before + 2
    assert one(shop, "select count(*), count(deleted_at) from optiply.buy_order_lines") == (2, 1)
    assert one(shop, "select deleted_at is not null from optiply.buy_orders") == (True,)


def test_an_order_made_on_the_remote_is_nobodys_wish(shop: Connection) -> None:
    shop.execute(
        "insert into optiply.buy_orders (webshop_id, coupling_id, remote_id, supplier_id, placed, optiply_id)"
        " values (1, 1, '31', 1, now(), 551122)"
    )
    shop.execute("update optiply.buy_orders set total_value = 3")
    assert wanted(shop) == 0
    given = json.dumps(document())
    field, words = refusal(shop, "select platform.place_buy_order('shop', %s)", given)
    assert (field, words) == ("optiply_id", "buy order 551122: optiply_id was not placed here: it is 31 on the remote")
    line: LiteralString = (
        "insert into optiply.buy_order_lines (buy_order_id, optiply_id, product_id, quantity, subtotal_value)"
        " select id, 71, 1, 5, 20 from optiply.buy_orders"
    )
    assert refusal(shop, line)[0] == "buy_order_id"
    shop.execute("delete from optiply.buy_orders")
    assert one(shop, "select count(*) from optiply.buy_orders") == (0,)


def test_identity_of_a_placed_order_does_not_change(shop: Connection) -> None:
    place(shop)
    assert refusal(shop, "update optiply.buy_orders set remote_id = '5'")[0] == "remote_id"
    assert refusal(shop, "update optiply.buy_orders set optiply_id = 5")[0] == "optiply_id"
    assert refusal(shop, "update optiply.buy_order_lines set remote_id = '5' where optiply_id = 901")[0] == "remote_id"
    before = wanted(shop)
    shop.execute("update optiply.buy_orders set remote_data_synced_to_date = now(), optiply_uuid = gen_random_uuid()")
    assert wanted(shop) == before


def test_a_completed_order_is_not_changed(shop: Connection) -> None:
    place(shop)
    shop.execute("set local optiply.writer = 'platform'")
    shop.execute("update optiply.buy_orders set completed = now(), remote_id = '31'")
    shop.execute("set local optiply.writer = ''")
    assert refusal(shop, "select platform.cancel_buy_order('shop', 551122)")[0] == "completed"
    assert refusal(shop, "update optiply.buy_order_lines set quantity = 9")[0] == "buy_order_id"


def test_the_older_word_of_the_remote_only_brings_its_id(shop: Connection) -> None:
    place(shop)
    shop.execute("set local optiply.writer = 'transform'")
    shop.execute("update optiply.buy_orders set total_value = 1, remote_id = '31'")
    shop.execute("update optiply.buy_order_lines set quantity = 1, remote_id = 'l1' where optiply_id = 901")
    shop.execute("update optiply.buy_order_lines set quantity = 1 where optiply_id = 902")
    assert one(shop, "select remote_id, total_value from optiply.buy_orders") == ("31", 20)
    lines = shop.execute("select remote_id, quantity from optiply.buy_order_lines order by optiply_id").fetchall()
    assert lines == [("l1", 6), (None, 1)]
    shop.execute("update platform.push_orders set sent_version = wanted_version")
    shop.execute("update optiply.buy_order_lines set quantity = 4 where optiply_id = 901")
    assert one(shop, "select quantity from optiply.buy_order_lines where optiply_id = 901") == (4,)


def test_a_row_that_was_made_of_the_same_record_gives_way(shop: Connection) -> None:
    shop.execute(
        "insert into optiply.buy_orders (webshop_id, coupling_id, remote_id, supplier_id, placed)"
        " values (1, 1, '31', 1, now()), (1, 1, '32', 1, now())"
    )
    shop.execute("update optiply.buy_orders set optiply_id = 5 where remote_id = '32'")
    order = place(shop)
    shop.execute("set local optiply.writer = 'platform'")
    shop.execute("update optiply.buy_orders set remote_id = '31' where id = %s", (order,))
    assert one(shop, "select id from optiply.buy_orders where remote_id = '31'") == (order,)
    assert one(shop, "select object, root_key from platform.news") == ("buy_orders", "31")
    field, words = refusal(shop, "update optiply.buy_orders set remote_id = '32' where optiply_id = 551122")
    assert (field, words) == ("remote_id", "buy order 551122: remote_id 32 is order 5 of Optiply")
