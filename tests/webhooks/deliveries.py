"""One delivery of each system as it comes over the wire; signatures were made with openssl, not with our code."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

FIXTURES = Path(__file__).parent / "fixtures"
_BOL_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsCLrpY1XaEd2oL5LdRq1+b58uQL8h9uT4+76mTKYiTsd6N3B1SS3z9aM/hJq+SzngNcTGMbv"
    "t3W4yy/3WHrTBlXiVmTL88kHp2cm7wPY1uD7mRXv0zfYEdYOcTm5BWlLS9gnySrPgjXb9GcAE+o0NVjh/txO0Hik0lMFqs106W2eTFFuqmcP9NIa/dNy"
    "E3QAqEx9EEFsdPYtgLIoGUMHKuZ1wC2P/91zPe9KB7lep/r+1xfELhDDuIhMKUAV1V8czqlzjGUh8ifOvES5SlxUZwA5v+2aSk1am+z+cEqVEYehpd+g"
    "VL95dvqQKusF1/kl41lmv7HMAMEM0Nkj99sdiQIDAQAB"
)
_BOL_SIGNATURE = (
    "j16XOJDGPPgfUeMXiEgqcFFza5CttSWBSgahI201e55ieSqzsGwDeJKORKbfy4MFoN5e4z9vVkI6zWru9Q+JAo8PPqGSyiWjFyymZmIHkTR2CkwmPpDa"
    "kLbW/5lnjd9NkfqmYONCDj7HaEf7ZxJBZyeyQ26TNFKDojM92FFvV/d/giNsffR78iQ+2yHnoFM4R/tSdeygn1aAh3gd/V3YouOK5rkmXIifSwO0ynHp"
    "r6KO2eLq0U1v0uQEmtv8N8YBkIAXC2a7I47u12AowvUKNy3OzLG84nBw/IOSj1rDXKi+Hdqe2jFJcyH2braDpo7DlqxtPnhHLdV0M7UaYGIBdg=="
)


@dataclasses.dataclass(frozen=True)
class Delivery:
    system: str
    secret: str
    headers: dict[str, str]

    @property
    def body(self) -> bytes:
        return (FIXTURES / f"{self.system}.json").read_bytes()


DELIVERIES = {
    each.system: each
    for each in (
        Delivery(
            "woocommerce",
            "a secret of ours",
            {
                "X-WC-Webhook-Topic": "order.updated",
                "X-WC-Webhook-Signature": "4QGQSFCIuOQ6wlVxOVZyeBBVQVfIenqiA67d1l8NmCc=",
                "X-WC-Webhook-ID": "142",
                "X-WC-Webhook-Delivery-ID": "6a1f",
            },
        ),
        Delivery("picqer", "a secret of ours", {"X-Picqer-Signature": "cjThZu9BZApW+paAARVQ35q4ty0Z58WAhQquahvjHWA="}),
        Delivery("exact_online", "app secret", {}),
        Delivery(
            "lightspeed_ecom",
            "api secret",
            {"X-Event": "orders/updated", "X-Signature": "6423eac010652f79c7f55519b418bcf8"},
        ),
        Delivery(
            "bol_com",
            json.dumps({"0": _BOL_KEY}),
            {"Signature": f'keyId=0, algorithm="rsa-sha256", signature={_BOL_SIGNATURE}'},
        ),
        Delivery(
            "magento",
            "a secret of ours",
            {"X-Optiply-Key": "a secret of ours", "X-Optiply-Topic": "observer.sales_order_place_after"},
        ),
        Delivery("amazon_seller", "the key of the destination", {"X-Optiply-Key": "the key of the destination"}),
    )
}
