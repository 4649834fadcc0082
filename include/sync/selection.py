"""Which models a batch needs: what is not in it, and hangs on nothing in it, is not run."""

from __future__ import annotations

from collections.abc import Iterable

from include.spec.tables import TABLES

_INCREMENTAL = "config.materialized:incremental"
# What is mapped anew along with news of an object, because its rows are made of it as well.
_ALONG = {"products": ("supplier_products",), "buy_orders": ("receipt_lines",)}
# These read the views of every object.
_ALWAYS = ("quarantine", "winners")


def models_of(objects: Iterable[str]) -> list[str]:
    """Return the selection of dbt's for news of these objects; tests/dbt/test_selection.py holds it against the SQL."""
    wanted = {along for name in objects for along in (name, *_ALONG.get(name, ()))}
    tables = [table for name in TABLES if name in wanted for table in TABLES[name]]
    patterns = [pattern for table in tables for pattern in (table, f"int_{table}__*")]
    return [f"{pattern},{_INCREMENTAL}" for pattern in (*patterns, *_ALWAYS)]
