"""What each system says of a refusal becomes a class, and a next step that support can take."""

from __future__ import annotations

import dataclasses
import json

import pytest

from include.contract.errors import (
    AuthRefused,
    Misconfigured,
    RemoteDown,
    RequestRefused,
    SyncError,
    UnexpectedResponse,
)
from include.engine.answers import check, rule_for
from include.engine.token_request import TokenRequest
from include.spec.load import load_manifest
from include.spec.manifest import Manifest
from include.sync.push_words import refused
from tests.engine.remote import Remote, as_json

pytestmark = pytest.mark.requirement("R1")


@dataclasses.dataclass(frozen=True)
class Said:
    """An answer as the system gives it, and what support is told: the class, and words of the next step."""

    connector: str
    status: int
    path: str
    body: str
    kind: type[SyncError]
    step: str


def exact(words: str) -> str:
    return json.dumps({"error": {"code": "", "message": {"lang": "", "value": words}}})


def picqer(code: int, words: str) -> str:
    return f'{{"error":true,"error_code":{code},"error_message":"{words}"}}'


def logic4(words: str) -> str:
    return json.dumps({"Value": None, "ValidationMessages": [words]})


def amazon(code: str, details: str) -> str:
    return json.dumps({"errors": [{"code": code, "message": "denied", "details": details}]})


ORDERS = "/api/v1/1/purchaseorder/PurchaseOrders"
CREATE = "/v1/BuyOrders/CreateBuyOrder"
SAID = [
    Said("exact_online", 400, "/api/oauth2/token", '{"error":"invalid_grant"}', AuthRefused, "authorise our app"),
    Said("exact_online", 403, "/api/v1/1/crm/Accounts", exact("Forbidden"), Misconfigured, "division"),
    Said("exact_online", 400, ORDERS, exact("Artikel is niet actief: 10"), RequestRefused, "not active"),
    Said("exact_online", 400, ORDERS, exact("Artikel kan niet worden ingekocht: 10"), RequestRefused, "'Inkoop'"),
    Said("exact_online", 400, ORDERS, exact("Niet gekoppeld aan de leverancier: 10"), RequestRefused, "supplier"),
    Said("exact_online", 400, ORDERS, exact("Artikel is niet gekoppeld aan magazijn 2"), RequestRefused, "warehouse"),
    Said("exact_online", 400, ORDERS, exact("BTW-code 4 is geblokkeerd"), RequestRefused, "VAT code"),
    Said("exact_online", 400, ORDERS, exact("Inkooporder is afgehandeld"), RequestRefused, "completed"),
    Said("exact_online", 400, ORDERS, exact("Er zijn goederen ontvangen"), RequestRefused, "close it there"),
    Said("exact_online", 400, ORDERS, exact("Verplicht: Betalingsconditie"), RequestRefused, "after 'Verplicht'"),
    Said("picqer", 401, "/api/v1/products", "", AuthRefused, "API key"),
    Said("picqer", 403, "/api/v1/suppliers", picqer(31, "No access"), Misconfigured, "fulfilment"),
    Said("picqer", 400, "/api/v1/purchaseorders/1", picqer(33, "Kan niet"), RequestRefused, "by hand"),
    Said(
        "picqer", 400, "/api/v1/purchaseorders", picqer(24, "Verplicht: Betalingsconditie"), RequestRefused, "payment"
    ),
    Said("picqer", 400, "/api/v1/purchaseorders", picqer(24, "Verplicht: Magazijn"), RequestRefused, "'Verplicht'"),
    Said("logic4", 400, "/token", '{"error":"invalid_client"}', AuthRefused, "company key"),
    Said("logic4", 401, "/v1/Products/GetProducts", "", AuthRefused, "unblock"),
    Said("logic4", 403, "/v1/Products/GetProducts", "", Misconfigured, "right for this module"),
    Said("logic4", 200, CREATE, logic4("CreditorId is niet gevonden"), RequestRefused, "this supplier"),
    Said("logic4", 200, CREATE, logic4("ProductId 7 is niet gevonden"), RequestRefused, "products"),
    Said("logic4", 200, CREATE, logic4("BranchId is niet gevonden"), RequestRefused, "export.branch"),
    Said("bol_com", 401, "/token", '{"error":"invalid_client"}', AuthRefused, "client id"),
    Said("bol_com", 406, "/retailer/orders", "", RequestRefused, "version"),
    Said("bol_com", 403, "/retailer/orders", '{"title":"Forbidden"}', AuthRefused, "not active"),
    Said("lightspeed_ecom", 404, "/xx/products.json", "Unknown or inactive language", Misconfigured, "language"),
    Said("lightspeed_ecom", 401, "/nl/products.json", "", AuthRefused, "key and secret"),
    Said("woocommerce", 401, "/p", '{"code":"woocommerce_rest_cannot_view"}', AuthRefused, "read rights"),
    Said("woocommerce", 401, "/p", '{"code":"woocommerce_rest_authentication_error"}', AuthRefused, "consumer key"),
    Said("woocommerce", 403, "/p", "<html>blocked</html>", RemoteDown, "firewall"),
    Said("magento", 401, "/V1/products", "oauth_problem=signature_invalid", AuthRefused, "all four"),
    Said("magento", 401, "/V1/products", "oauth_problem=token_rejected", AuthRefused, "activate it"),
    Said("magento", 401, "/V1/products", "oauth_problem=nonce_used", RemoteDown, "signed anew"),
    Said("magento", 401, "/V1/products", "{}", AuthRefused, "resources"),
    Said("magento", 403, "/V1/products", "<html>", RemoteDown, "firewall"),
    Said("magento", 400, "/V1/products", "{}", Misconfigured, "page sizes"),
    Said("magento", 404, "/V1/products", "{}", UnexpectedResponse, "store"),
    Said("bigcommerce", 403, "/v3/catalog/products", "{}", Misconfigured, "scope"),
    Said("amazon_seller", 403, "/doc", "<Error><Code>AccessDenied</Code></Error>", RemoteDown, "lapsed"),
    Said(
        "amazon_seller", 403, "/o", amazon("Unauthorized", "token has expired."), AuthRefused, "authorise our app again"
    ),
    Said(
        "amazon_seller", 403, "/o", amazon("Unauthorized", "token was revoked"), AuthRefused, "authorise our app again"
    ),
    Said("amazon_seller", 403, "/o", amazon("Unauthorized", "token is malformed"), AuthRefused, "without blanks"),
    Said("amazon_seller", 403, "/o", amazon("Unauthorized", ""), AuthRefused, "lacks a role"),
    Said("amazon_seller", 400, "/auth/o2/token", '{"error":"invalid_grant"}', AuthRefused, "consent is gone"),
    Said("amazon_seller", 401, "/auth/o2/token", '{"error":"invalid_client"}', AuthRefused, "180 days"),
]


def manifest(connector: str) -> Manifest:
    return load_manifest(connector)


@pytest.mark.parametrize("said", SAID, ids=lambda said: f"{said.connector} {said.status} {said.step}")
def test_the_systems_own_words_become_a_next_step(said: Said) -> None:
    client = manifest(said.connector).client
    fault = check(said.status, said.body.encode(), {}, f"https://remote.example{said.path}", client, [])
    assert type(fault) is said.kind
    assert said.step in fault.next_step


def test_every_rule_of_every_manifest_is_met_by_an_answer() -> None:
    for connector in sorted({said.connector for said in SAID}):
        rules = manifest(connector).client.errors
        met = {
            id(rule_for(said.status, said.body.encode(), f"https://remote.example{said.path}", rules))
            for said in SAID
            if said.connector == connector
        }
        assert [rule for rule in rules if id(rule) not in met] == []


def test_a_good_answer_may_hold_the_words_of_a_refusal() -> None:
    """Logic4 refuses with 200: only its ValidationMessages are read, not the names in its records."""
    client = manifest("logic4").client
    good = json.dumps({"Records": [{"Remarks": "CreditorId is niet gevonden"}], "ValidationMessages": []}).encode()
    assert check(200, good, {}, f"https://remote.example{CREATE}", client, []) is None
    bad = check(200, logic4("CreditorId is niet gevonden").encode(), {}, f"https://remote.example{CREATE}", client, [])
    assert bad is not None
    assert bad.what == 'remote.example/v1/BuyOrders/CreateBuyOrder answered 200: ["CreditorId is niet gevonden"]'
    other = check(200, logic4("Onbekende fout").encode(), {}, f"https://remote.example{CREATE}", client, [])
    assert type(other) is RequestRefused
    assert other.next_step == RequestRefused.next_step


def test_an_order_that_is_refused_in_known_words_says_what_to_do_and_how_it_goes_again() -> None:
    known = check(
        400, exact("Artikel is niet actief").encode(), {}, f"https://x{ORDERS}", manifest("exact_online").client, []
    )
    assert known is not None
    reason = refused(known, "Exact Online", "812345").reason
    assert reason is not None
    assert reason.next_step.startswith("The item is not active in Exact Online")
    assert "send order 812345 again" in reason.next_step
    unknown = refused(RequestRefused("no"), "Exact Online", "812345").reason
    assert unknown is not None
    assert unknown.next_step.startswith("Correct in Exact Online or in Optiply what it says, then send order 812345")


@pytest.mark.parametrize(
    ("connector", "status", "answer", "words"),
    [
        ("exact_online", 400, {"error": "invalid_grant"}, "let the customer authorise our app"),
        ("logic4", 400, {"error": "invalid_client"}, "company key"),
        ("bol_com", 401, {"error": "invalid_client"}, "client id and secret"),
        ("amazon_seller", 400, {"error": "invalid_grant", "error_description": "no more"}, "consent is gone"),
    ],
)
def test_a_token_endpoint_that_refuses_is_told_in_the_same_words(
    connector: str, status: int, answer: dict[str, str], words: str
) -> None:
    """Also by the process that keeps tokens, which gets the request as JSON."""
    path = "/api/oauth2/token" if connector == "exact_online" else "/auth/o2/token"
    remote = Remote()
    try:
        remote.answer = [as_json(answer, status)]
        rules = [rule.model_dump() for rule in manifest(connector).client.errors if rule.error_class == "auth"]
        request = TokenRequest("shop", remote.url + path, {}, {}, "refresh", errors=tuple(rules))
        order = json.loads(json.dumps(request.order()))
        for one in (request, TokenRequest(**{**order, "secrets": ()})):
            with pytest.raises(AuthRefused) as caught:
                one.renew(None)
            assert words in caught.value.next_step
    finally:
        remote.close()
