# ruff: noqa: E501 - a table of cases reads best with one case a line.
"""Expressions of overrides (R18): what each gives in PostgreSQL, and that nothing written there can do anything else."""

import random
import re
from collections.abc import Iterator

import psycopg
import pytest

from include.local.database_server import DatabaseServer
from include.spec.columns import TABLES, Type, settable
from include.spec.expression import ExpressionError
from include.spec.expression_check import Scope, check
from include.spec.expression_parse import parse
from include.spec.expression_sql import Landing, compile_sql
from include.spec.functions import CONVERT, OPERATORS, functions
from include.spec.load import ROOT
from include.spec.sql_text import identifier, quoted
from include.warehouse.migrate import MIGRATIONS, migrate

SCOPE = Scope(TABLES["products"], ("items", "stock"))
LANDING = Landing("shop", frozenset({"stock"}))
ROW: dict[str, object] = dict.fromkeys(TABLES["products"]) | {
    "webshop_id": 1, "coupling_id": 7, "remote_id": "p1", "root_key": "p1", "name": "Lamp - glas", "sku_code": "NL-0042",
    "article_code": "12", "ean_code": "871", "price": "12.50", "unlimited_stock": False, "stock_level": 7, "status": "enabled",
    "not_being_bought": None, "assembled": True, "created_at": "2026-05-20 08:00:00+02", "updated_at": None, "deleted_at": None,
}  # fmt: skip
ITEM = """{"ItemGroup": 12.0, "Extra": "groot", "Odd name": {"deep": [" x ", 5]}, "Flag": "1", "Paid": "2026-05-20T10:00:00+02:00", "Nothing": null}"""


def compiled(expression: str, target: str = "stock_level") -> str:
    column = TABLES["products"][target]
    return compile_sql(check(parse(expression), column.type, SCOPE), column.type, LANDING)


@pytest.fixture(scope="module")
def warehouse(database_server: DatabaseServer) -> Iterator[psycopg.Connection]:
    """A migrated database with a row `given` of products, and the records behind it."""
    name = "overrides_spec"
    with psycopg.connect(database_server.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database if exists {name} with (force)".encode())
        admin.execute(f"create database {name}".encode())
        with psycopg.connect(database_server.dsn(name), autocommit=True) as connection:
            migrate(connection)
            connection.execute(
                "select platform.create_stream('shop', 'items', false), platform.create_stream('shop', 'stock', true)"
            )
            land = "insert into staging.shop__{} (webshop_id, coupling_id, record_key, {} payload, payload_hash) values (1, 7, {}, %s, gen_random_uuid())"
            connection.execute(land.format("items", "", "'p1'").encode(), [ITEM])
            for key, level in (("s1", 3), ("s2", 4)):
                connection.execute(
                    land.format("stock", "root_key,", f"'{key}', 'p1'").encode(), [f'{{"Level": {level}}}']
                )
            yield connection
        admin.execute(f"drop database {name} with (force)".encode())


def given() -> str:
    kinds = {"text": "text", "number": "numeric", "boolean": "boolean", "moment": "timestamptz", "texts": "text[]"}
    columns = (
        f"%({name})s::{kinds[column.type]} as {name}"
        for name, column in TABLES["products"].items()
        if name != "problems"
    )
    return f"(select {', '.join(columns)}) as given"


def value(warehouse: psycopg.Connection, expression: str, target: str) -> object:
    """What an expression makes of the row."""
    sql = compiled(expression, target).replace("%", "%%")
    row = warehouse.execute(f"select ({sql})::text from {given()}".encode(), ROW).fetchone()
    assert row is not None
    return row[0]


GOOD = [
    ("stock_level * 2", "stock_level", "14"),
    ("(stock_level + 3) / 4 - -1.5", "stock_level", "4.0000000000000000"),
    ("stock_level / (stock_level - 7)", "stock_level", None),
    ("0 if status == 'disabled' else stock_level", "stock_level", "7"),
    ("0 if status in ('enabled', 'x') and not unlimited_stock else stock_level", "stock_level", "0"),
    ("1 if 0 < price <= 12.5 else 2", "stock_level", "1"),
    ("1 if not_being_bought or price > 100 else 2", "stock_level", "2"),
    ("1 if not_being_bought is None and name != null and updated_at == null else 2", "stock_level", "1"),
    ("1 if status not in ['enabled'] else 2", "stock_level", "2"),
    ("1 if created_at < string_to_moment('2026-05-20T06:00:01Z') else 2", "stock_level", "1"),
    ("max(stock_level, 10) + min(1, 2, raw.items.ItemGroup)", "stock_level", "11"),
    ("round(price / 1.21, 2)", "price", "10.33"),
    ("floor(price) + ceil(price) + abs(-1)", "price", "26"),
    ("bool_to_int(assembled) + bool_to_int(unlimited_stock)", "stock_level", "1"),
    ("raw.items.ItemGroup", "stock_level", "12.0"),
    ("raw.items.Extra", "stock_level", None),
    ("coalesce(raw.items.Nothing, raw.items.ItemGroup, 1)", "stock_level", "12.0"),
    ("raw.items.ItemGroup if raw.items.Flag == true else raw.items.Extra", "stock_level", "12.0"),
    ("raw.stock.Level", "stock_level", None),
    ("string_to_int(article_code) + length(ean_code)", "stock_level", "15"),
    ("string_to_int('12.5')", "stock_level", None),
    ("string_to_number('Infinity')", "stock_level", None),
    ("raw.items.Flag", "assembled", "true"),
    ("raw.items['Odd name'].deep", "name", None),
    ("concat(raw.items.ItemGroup, raw.items['Odd name'])", "name", "12.0"),
    ("string_to_bool('no')", "assembled", None),
    ("raw.items.Extra == 'groot'", "assembled", "true"),
    ("int_to_string(raw.items.ItemGroup)", "article_code", "12"),
    ("int_to_string(price)", "article_code", None),
    ("number_to_string(price)", "article_code", "12.5"),
    ("concat(name, ' ', raw.items.Extra, raw.items.Nothing)", "name", "Lamp - glas groot"),
    ('raw.items["Odd name"].deep[0]', "name", "x"),
    ('number_to_string(raw.items["Odd name"].deep[1])', "name", "5"),
    ("replace(sku_code, 'NL-', '')", "sku_code", "0042"),
    ("trim(split(name, '-', 2))", "name", "glas"),
    ("split(name, '-', 9)", "name", None),
    ("upper(left(name, 2))", "name", "LA"),
    ("lower(right(sku_code, 6))", "name", "l-0042"),
    ("substring(sku_code, 4, 2)", "name", "00"),
    ("pad_left(ean_code, 5, '0')", "ean_code", "00871"),
    ("pad_left(ean_code, 2, '0')", "ean_code", "871"),
    ("moment_to_date(created_at)", "name", "2026-05-20"),
    ("moment_to_date(raw.items.Paid)", "name", "2026-05-20"),
    ("moment_to_date(unix_to_moment(0))", "name", "1970-01-01"),
    ("moment_to_date(unix_to_moment(9e20))", "name", None),
    ("bool_to_string(assembled)", "name", "true"),
    ("'two\\nlines '", "name", "two lines"),
    ("'   '", "name", None),
    ("name  # what it was\n", "name", "Lamp - glas"),
]  # fmt: skip


@pytest.mark.requirement("R18")
@pytest.mark.parametrize(("expression", "target", "expected"), GOOD, ids=[row[0] for row in GOOD])
def test_what_an_expression_gives(
    warehouse: psycopg.Connection, expression: str, target: str, expected: str | None
) -> None:
    assert value(warehouse, expression, target) == expected


@pytest.mark.requirement("R18")
def test_a_record_of_a_root_is_the_rows_own_or_the_only_one(warehouse: psycopg.Connection) -> None:
    own = compiled("raw.stock.Level")
    as_s2 = given().replace("%(remote_id)s", "'s2'")
    assert warehouse.execute(f"select {own} from {as_s2}".encode(), ROW).fetchone() == (4,)
    with warehouse.transaction(force_rollback=True):
        warehouse.execute("update staging.shop__stock set gone_at = now() where record_key = 's1'")
        assert value(warehouse, "raw.stock.Level", "stock_level") == "4"


@pytest.mark.requirement("R18")
@pytest.mark.parametrize("text", ["", "'", "''", "\\", "\\'", "a\\", "é€𝄞 \u202e", "%s %(x)s %%", "{{ 7 * 7 }}{% raw %}{# #}", "$$ $a$", "-- /* ;", "\n\t\r\x01\x7f", "E'\\'", "\u2019"])  # fmt: skip
def test_a_literal_is_the_text_and_nothing_else(warehouse: psycopg.Connection, text: str) -> None:
    literal = quoted(text)
    assert not set("%{}\\") & set(literal.replace("\\u", "")), "harmless in Jinja and in drivers"
    for setting in ("on", "off"):
        warehouse.execute(f"set standard_conforming_strings = {setting}".encode())
        assert warehouse.execute(f"select {literal}".encode()).fetchone() == (text,)
    warehouse.execute("reset standard_conforming_strings")
    if text:
        assert warehouse.execute(f"select 1 as {identifier(text)}".encode()).fetchone() == (1,)


WORDS = [
    *TABLES["products"], *(f"{name}(" for name in functions()), "raw.items.", "raw.stock.", "raw", 'raw.items["', " + ", " - ",
    " * ", " / ", " if ", " else ", " and ", " or ", "not ", " in (", " is null", " == ", " < ", ", ", "(", ")", ")", "1", "2.5",
    "0", "1e300", "null", "true", "'a'", "''", "'\\''", '"', "'", "\\", "\x00", "é", "--", "/*", ";", "::text", "$$", "%s", "{{",
    "}}", "[0]", ".__class__", "lambda: ", "f'{name}'",
]  # fmt: skip
ATOMS = {
    "text": [
        "name",
        "sku_code",
        "'é%s{{'",
        "'12'",
        "'2026-02-30'",
        "''",
        "'\u0662\u0660\u0662\u0666-01-01'",
        "'9999-12-31T23:59:59-14:00'",
        "raw.items['x\"y'].z",
        "remote_id",
    ],
    "number": [
        "stock_level",
        "price",
        "raw.items.ItemGroup",
        "raw.stock.Level",
        "0",
        "-1",
        "2.5",
        "1e300",
        "webshop_id",
    ],
    "boolean": ["assembled", "not_being_bought", "true", "raw.items.Flag"],
    "moment": ["created_at", "updated_at", "raw.items.Paid"],
}
SHAPES = {"if": "({0} if {1} else {2})", "minus": "(-{0})", "not": "(not {0})", "in": "({0} in ({1}, {1}))", "not in": "({0} not in ({1}, {1}))"}  # fmt: skip


def made_up(dice: random.Random) -> tuple[str, str]:
    """A text and the column it is for: words of the language in any order, or mostly something near to an expression."""
    kind, target = dice.choice([("text", "name"), ("number", "stock_level"), ("boolean", "assembled")])
    words = "".join(dice.choices(WORDS, k=dice.randint(1, 12)))
    return (words if dice.random() < 0.3 else nested(dice, kind, dice.randint(1, 5))), target


def nested(dice: random.Random, kind: str, depth: int) -> str:
    if dice.random() < 0.03:
        kind = dice.choice(list(ATOMS))
    if depth == 0 or dice.random() < 0.1:
        return dice.choice([*ATOMS[kind], "null"])
    known = {**functions(), **OPERATORS}
    name = dice.choice([name for name, function in known.items() if function.gives in (kind, "any")])
    shared = kind if known[name].gives == "any" else dice.choice(list(ATOMS))
    kinds = {"any": shared, "sortable": shared if shared == "moment" else "number"}
    parts = [
        dice.choice("0123") if take in ("whole", "place") else nested(dice, kinds.get(take, take), depth - 1)
        for take in known[name].takes
        if take != "..."
    ]
    if name in functions():
        return f"{name}({', '.join(parts)})"
    if name == "if":
        parts = [parts[1], parts[0], parts[2]]
    return SHAPES.get(name, f"({{0}} {name})" if len(parts) == 1 else f"({{0}} {name} {{1}})").format(*parts)


@pytest.mark.requirement("R18")
def test_whatever_is_written_is_refused_or_runs(warehouse: psycopg.Connection) -> None:
    """5,000 texts: each is refused at load, or its SQL is one expression that PostgreSQL evaluates without an error."""
    dice = random.Random(18)
    accepted: list[str] = []
    for _ in range(5000):
        text, target = made_up(dice)
        try:
            accepted.append(compiled(text, target))
        except ExpressionError:
            continue
    assert 500 < len(accepted) < 4500
    for start in range(0, len(accepted), 50):
        several = ", ".join(f"({sql})" for sql in accepted[start : start + 50]).replace("%", "%%")
        row = warehouse.execute(f"select {several} from {given()}".encode(), ROW).fetchone()
        assert row is not None
        assert len(row) == len(accepted[start : start + 50])


def test_a_text_is_read_as_mappings_read_it() -> None:
    reads = (
        ("number", "to_number", r"'\^[^']+'"),
        ("filled", "filled", r"e'[^']+'"),
        ("flag", "to_boolean", r"when 'true' .* false"),
    )
    for macro, function, literal in reads:
        (found,) = re.findall(literal, (ROOT / "dbt_project" / "macros" / f"{macro}.sql").read_text())
        newest = [
            text.partition(f"function platform.{function}(")[2].partition(";\n")[0]
            for text in (path.read_text() for path in sorted(MIGRATIONS.glob("*.sql")))
            if f"function platform.{function}(" in text
        ][-1]
        assert found in newest, f"the macro {macro} reads texts otherwise than overrides do"


@pytest.mark.requirement("R18")
def test_the_table_of_columns_is_that_of_optiply(warehouse: psycopg.Connection) -> None:
    rows = warehouse.execute(
        "select table_name, column_name, is_nullable = 'NO', column_default is not null from information_schema.columns where table_schema = 'optiply'"
    ).fetchall()
    demanded = {(table, column): (must, has_default) for table, column, must, has_default in rows}
    # Steps of a mapping that decide of a column: match keys of lines, and when an order is completed.
    steps = {
        ("sell_order_lines", "product_ean"),
        ("sell_order_lines", "product_sku"),
        ("buy_order_lines", "quantity_open"),
    }
    for table in TABLES:
        for name in settable(table):
            if (table, name) not in steps:
                must, has_default = demanded[table, name]
                column = TABLES[table][name]
                assert (column.when_empty == "blocked") == must, f"{table}.{name}"
                assert bool(column.needed) >= (must and not has_default), f"{table}.{name} may not be skipped"


def test_each_function_has_an_example_that_fits() -> None:
    scope = Scope(
        {name: column for table in TABLES.values() for name, column in table.items()}, ("items", "products", "orders")
    )
    kinds: dict[str, Type] = {"text": "text", "number": "number", "boolean": "boolean", "moment": "moment"}
    for name, function in functions().items():
        assert f"{name}(" in function.example
        wanted = kinds.get(function.gives, "text" if name == "coalesce" else "number")
        assert check(parse(function.example), wanted, scope).kind == wanted
    assert set(CONVERT.values()) <= set(functions())
