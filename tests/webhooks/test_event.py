"""What an event says: record, object, time; a repetition is known by it and two events of one second are two."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest

from include.spec.load import load_manifest
from include.spec.webhooks import Webhooks
from include.webhooks.event import Event, UnreadableError, UnwantedError, is_ping, read
from tests.webhooks.deliveries import DELIVERIES

WOO = {"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-Delivery-ID": "6a1f"}
EXPECTED = {
    "woocommerce": ("order.updated", "sell_orders", "orders", "727", datetime(2026, 5, 20, 8, 0, 1, tzinfo=UTC), True),
    "picqer": (
        "purchase_orders.changed", "buy_orders", "purchase_orders", "318", datetime(2026, 6, 4, 7, 0, tzinfo=UTC), True,
    ),
    "exact_online": (
        "Items", "products", None, "d1d1aaaa-0000-4000-8000-00000000002a",
        datetime(2026, 6, 3, 14, 26, 8, 587000, tzinfo=UTC), False,
    ),
    "lightspeed_ecom": (
        "orders/updated", "sell_orders", None, "3001", datetime(2026, 6, 3, 14, 30, 12, tzinfo=UTC), False,
    ),
    "bol_com": ("ORDER", "sell_orders", None, "1043946570", datetime(2026, 6, 3, 21, 23, 23, tzinfo=UTC), False),
    "magento": ("observer.sales_order_place_after", "sell_orders", None, "42", None, False),
    "amazon_seller": (
        "ORDER_CHANGE", "sell_orders", None, "902-1845936-5435065",
        datetime(2026, 6, 3, 14, 20, 0, 109000, tzinfo=UTC), False,
    ),
}  # fmt: skip


def webhooks(system: str) -> Webhooks:
    found = load_manifest(system).webhooks
    assert found is not None
    return found


def of(system: str, headers: dict[str, str], **body: object) -> Event:
    return read(webhooks(system), headers, json.dumps(body).encode())


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("system", sorted(EXPECTED))
def test_what_a_delivery_says(system: str) -> None:
    delivery = DELIVERIES[system]
    event = read(webhooks(system), delivery.headers, delivery.body)
    said = (event.topic, event.object, event.stream, event.remote_id, event.at, event.record is not None)
    assert said == EXPECTED[system]
    assert not event.gone


def test_a_full_event_brings_the_records_own_bytes() -> None:
    woo, picqer = DELIVERIES["woocommerce"], DELIVERIES["picqer"]
    assert read(webhooks("woocommerce"), woo.headers, woo.body).record == woo.body
    inside = read(webhooks("picqer"), picqer.headers, picqer.body).record
    assert inside is not None
    assert inside in picqer.body
    assert inside.startswith(b'{"idpurchaseorder":318')


def test_a_deleted_record_of_woocommerce_is_only_an_id() -> None:
    event = of("woocommerce", {**WOO, "X-WC-Webhook-Topic": "order.deleted"}, id=727)
    assert (event.object, event.remote_id, event.record, event.gone) == ("sell_orders", "727", None, False)


def test_a_variation_is_asked_for_by_its_parent() -> None:
    headers = {**WOO, "X-WC-Webhook-Topic": "product.updated"}
    variation = of("woocommerce", headers, id=95, type="variation", parent_id=93)
    product = of("woocommerce", headers, id=93, type="variable", parent_id=0)
    assert (variation.remote_id, variation.record) == ("93", None)
    assert (product.remote_id, product.stream) == ("93", "products")


def test_a_position_of_stock_is_caught_up_with() -> None:
    content = {"Topic": "StockPositions", "Key": "position", "EventCreatedOn": "2026-06-03T16:26:08.587"}
    event = of("exact_online", {}, Content=content, HashCode="checked before")
    assert (event.object, event.remote_id, event.record) == ("products", None, None)


def test_a_deleted_product_of_lightspeed_stands_in_a_header() -> None:
    event = read(webhooks("lightspeed_ecom"), {"X-Event": "products/deleted", "X-Product-Id": "5001"}, b"")
    assert (event.stream, event.remote_id, event.gone, event.at) == ("products", "5001", True, None)
    other = read(webhooks("lightspeed_ecom"), {"X-Event": "products/deleted", "X-Product-Id": "5002"}, b"")
    assert other.dedup != event.dedup, "two empty bodies are two events"


def test_lightspeeds_envelope_tells_where_the_header_is_missing() -> None:
    delivery = DELIVERIES["lightspeed_ecom"]
    assert read(webhooks("lightspeed_ecom"), {}, delivery.body).topic == "orders/updated"


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("system", sorted(EXPECTED))
def test_a_repeated_delivery_has_the_same_key(system: str) -> None:
    delivery = DELIVERIES[system]
    one = read(webhooks(system), delivery.headers, delivery.body)
    again = read(webhooks(system), {**delivery.headers, "X-Request-Id": "another"}, delivery.body)
    assert one.dedup == again.dedup
    assert len(one.dedup) == 32


@pytest.mark.requirement("R4")
def test_two_events_of_one_second_are_two() -> None:
    """WooCommerce gives all deliveries of a webhook in one second one delivery id."""
    one = of("woocommerce", WOO, id=727, date_modified_gmt="2026-05-20T08:00:01", status="processing")
    other_record = of("woocommerce", WOO, id=728, date_modified_gmt="2026-05-20T08:00:01", status="processing")
    other_state = of("woocommerce", WOO, id=727, date_modified_gmt="2026-05-20T08:00:01", status="completed")
    assert len({one.dedup, other_record.dedup, other_state.dedup}) == 3


def test_what_is_trashed_twice_is_told_twice() -> None:
    headers = {"X-WC-Webhook-Topic": "order.deleted", "X-WC-Webhook-Delivery-ID": "one"}
    later = {**headers, "X-WC-Webhook-Delivery-ID": "two"}
    assert of("woocommerce", headers, id=727).dedup != of("woocommerce", later, id=727).dedup
    assert of("woocommerce", headers, id=727).dedup == of("woocommerce", headers, id=727).dedup


def test_the_same_body_under_another_topic_is_another_event() -> None:
    created = of("woocommerce", {**WOO, "X-WC-Webhook-Topic": "order.created"}, id=727)
    assert created.dedup != of("woocommerce", WOO, id=727).dedup


@pytest.mark.parametrize("topic", ["customer.updated", "order.paid", "x" * 500])
def test_a_topic_that_nobody_asked_for(topic: str) -> None:
    with pytest.raises(UnwantedError):
        of("woocommerce", {"X-WC-Webhook-Topic": topic}, id=727)


@pytest.mark.parametrize(
    ("headers", "body", "field"),
    [
        ({}, b'{"id":727}', "X-WC-Webhook-Topic"),
        ({"X-WC-Webhook-Topic": "order.deleted"}, b'{"id":0}', "id"),
        ({"X-WC-Webhook-Topic": "order.deleted"}, b'{"id":true}', "id"),
        ({"X-WC-Webhook-Topic": "order.deleted"}, b'{"id":"' + b"9" * 300 + b'"}', "id"),
        ({"X-WC-Webhook-Topic": "order.deleted"}, b'{"id":"7\\u00002"}', "id"),
        ({"X-WC-Webhook-Topic": "order.deleted"}, b"<html>", "id"),
        ({"X-WC-Webhook-Topic": "order.deleted"}, b'{"id":', "no JSON"),
        ({"X-WC-Webhook-Topic": "order.updated"}, b"[1, 2]", "record"),
        ({"X-WC-Webhook-Topic": "order.updated"}, b"", "record"),
    ],
)
def test_a_signed_event_that_cannot_be_read_says_which_field(headers: dict[str, str], body: bytes, field: str) -> None:
    with pytest.raises(UnreadableError, match=field):
        read(webhooks("woocommerce"), headers, body)


def test_a_time_that_cannot_be_read_loses_no_event() -> None:
    event = of("woocommerce", WOO, id=727, date_modified_gmt="yesterday")
    assert (event.remote_id, event.at) == ("727", None)


@pytest.mark.requirement("R4")
def test_only_a_systems_own_ping_is_one() -> None:
    woo, exact, picqer = webhooks("woocommerce"), webhooks("exact_online"), webhooks("picqer")
    assert is_ping(woo, {}, b"webhook_id=142")
    assert not is_ping(woo, {"X-WC-Webhook-Signature": "x"}, b"webhook_id=142"), "a signed one is judged"
    assert not is_ping(woo, {}, b"webhook_id=142&more=1")
    assert not is_ping(woo, {}, b'{"id":727}')
    assert not is_ping(woo, {}, b"")
    assert is_ping(exact, {}, b"")
    assert not is_ping(exact, {}, b"{}")
    assert not is_ping(picqer, {}, b"")


def test_events_are_values() -> None:
    delivery = DELIVERIES["bol_com"]
    event = read(webhooks("bol_com"), delivery.headers, delivery.body)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.topic = "other"  # type: ignore[misc]
