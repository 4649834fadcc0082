"""Sandboxes for the tests: small, by one seed, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from include.sandbox import Running, serve
from tests.registrations.listening import listener, somebody

__all__ = ["listener", "somebody"]
START = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
Serve = Callable[..., AbstractContextManager[Running]]


def small(connector: str, **world: Any) -> AbstractContextManager[Running]:
    """Run a sandbox of 120 articles and 120 orders."""
    return serve(connector, **{"seed": 7, "size": 120, "orders": 120, "start": START, **world})


@pytest.fixture
def serve_small() -> Serve:
    """Give `small` to tests that need several sandboxes or other settings."""
    return small


@pytest.fixture
def woocommerce() -> Iterator[Running]:
    with small("woocommerce") as running:
        yield running


@pytest.fixture
def exact_online() -> Iterator[Running]:
    with small("exact_online") as running:
        yield running


@pytest.fixture
def bol_com() -> Iterator[Running]:
    with small("bol_com") as running:
        yield running


@pytest.fixture
def shop(woocommerce: Running) -> Iterator[httpx.Client]:
    """An authorized client of the WooCommerce sandbox."""
    with authorized(woocommerce) as http:
        yield http


def authorized(woocommerce: Running) -> httpx.Client:
    """Return a client with the shop's key and secret."""
    held = woocommerce.admin.credentials()
    base_url = f"{woocommerce.url}/wp-json/wc/v3/"
    return httpx.Client(base_url=base_url, auth=(held["login"], held["password"]), trust_env=False)
