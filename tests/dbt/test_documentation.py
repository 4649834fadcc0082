"""The Optiply tables are described, column by column, as they are: by their models, or by the source without one."""

import copy
import re
from collections.abc import Iterator

import pytest
from dbt.cli.main import dbtRunner

from tests.dbt.described import PROJECT
from tests.dbt.warehouse import connect, manifest

UNFILLED = "no mapping fills it yet."
PLATFORM = re.compile(r"(id|webshop_id|coupling_id|remote_id|optiply_u?u?id|\w+_at|remote_data_synced_to_date|_\w+)\Z")
MARTS = ("run", "--exclude", "path:models/staging", "path:models/intermediate", "--quiet", "--no-write-json")


def described() -> Iterator[tuple[str, str, str, str]]:
    """Table, column, type and description of all that dbt's documentation holds of the schema optiply."""
    nodes = [*manifest().nodes.values(), *manifest().sources.values()]
    for node in nodes:
        if node.schema == "optiply" and str(node.resource_type) in ("model", "source"):
            table = node.identifier if str(node.resource_type) == "source" else node.alias
            yield from ((table, name, column.data_type, column.description) for name, column in node.columns.items())


@pytest.mark.requirement("R17")
def test_every_column_is_described_with_its_type_and_no_other(project: str) -> None:
    with connect(project) as connection:
        rows = connection.execute(
            """select relname, attname, format_type(atttypid, atttypmod) as type
               from pg_attribute inner join pg_class on pg_class.oid = attrelid
               where relnamespace = 'optiply'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped"""
        ).fetchall()
    stored = sorted((row["relname"], row["attname"], row["type"]) for row in rows)
    assert sorted(column[:3] for column in described()) == stored
    assert {"promotions", "promotion_products"} < {table for table, *_ in stored}


def test_each_description_is_a_sentence_that_says_more_than_the_name(project: str) -> None:
    for table, column, _, text in described():
        words = {word.removesuffix("s") for word in re.findall(r"[a-z]+", text.lower())} - {"the", "a", "an", "of"}
        named = {word.removesuffix("s") for word in f"{table}_{column}".split("_")}
        assert re.match(r"[A-Z].*\.\Z", text), (table, column, text)
        assert len(words - named) >= 2, (table, column, text)


def test_what_no_mapping_fills_is_said_to_be_so(project: str) -> None:
    for mart in sorted(PROJECT.glob("models/marts/optiply/*.sql")):
        written = set(re.findall(r"^ {4}(?:[^,\n]*\bas )?(?:\w+\.)?(\w+),?$", mart.read_text(), re.MULTILINE))
        told = {column: text.endswith(UNFILLED) for table, column, _, text in described() if table == mart.stem}
        attributes = {column for column in told if not PLATFORM.match(column) or column.endswith("uct_id")}
        assert {column for column in attributes if told[column]} == attributes - written, mart.stem


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("cast(price as text) as price", "contract of products broken: price is TEXT, described as DECIMAL"),
        ("price, 1 as margin", "contract of products broken: margin is INTEGER, described as nothing"),
    ],
)
def test_a_mart_that_breaks_its_contract_is_not_deployed(project: str, change: str, complaint: str) -> None:
    broken = copy.copy(manifest())
    broken.nodes = dict(broken.nodes)
    mart = copy.copy(broken.nodes["model.integrations.products"])
    mart.raw_code = re.sub(r"^    price,$", f"    {change},", mart.raw_code, flags=re.MULTILINE)
    broken.nodes[mart.unique_id] = mart
    result = dbtRunner(manifest=broken).invoke([*MARTS, "--exclude", "quarantine"])
    (failed,) = [run for run in result.result.results if str(run.status) == "error"]
    assert complaint in failed.message
