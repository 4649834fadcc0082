# ruff: noqa: E501 - a table of cases reads best with one case a line.
"""Overrides in the files of couplings (R18): what is refused with file, line, key and the nearest word, and what is told."""

import re
from pathlib import Path

import pytest

from include.cli.__main__ import parser
from include.contract.errors import Misconfigured
from include.factory.description import describe
from include.spec.columns import LINES, TABLES
from include.spec.expression_parse import LONGEST
from include.spec.load import ROOT, load_coupling
from include.spec.overrides import Override
from include.spec.problems import ConfigError
from tests.spec.folders import WEBSHOP, problem_of, write

MODELS = ROOT / "dbt_project" / "models"
FILE = "acme/woocommerce.yaml"
HEAD = "coupling: acme__woocommerce\nconnector: woocommerce\nrole: primary\nobjects:\n  sell_orders: {}\n  products:\n"


BAD = {
    "unknown column": ("stok_level * 2", "'stok_level' is no column here (a text stands in quotes). Did you mean 'stock_level'?"),
    "unknown stream": ("raw.products_.price", "'products_' is no stream of this object. Did you mean 'products'?"),
    "stream of another object": ("raw.orders.total", "'orders' is no stream of this object. Valid: products, variations."),
    "unknown function": ("rond(price, 2)", "'rond' is no function. Did you mean 'round'?"),
    "text for a number": ("name", "it is a text where a number belongs; string_to_number(…) makes one of it"),
    "text in a sum": ("stock_level + name", "argument 2 of '+' is a text where a number belongs"),
    "number as a condition": ("1 if price else 2", "argument 1 of 'if' is a number where true or false belongs"),
    "two kinds compared": ("1 if price == '2' else 2", "'==' mixes a number and a text"),
    "order of texts": ("1 if name < 'a' else 2", "'<' compares numbers or moments, not a text"),
    "too few arguments": ("round(price)", "round() takes 2 arguments, not 1, as in round("),
    "too many arguments": ("floor(price, 1)", "floor() takes 1 argument, not 2"),
    "named argument": ("round(price, n=2)", "names an argument of round"),
    "place that is no number": ("length(left(name, stock_level))", "argument 2 of left() must be a whole number written out, 0 to 1000"),
    "place zero": ("length(split(name, '-', 0))", "argument 3 of split() must be a whole number written out, 1 to 1000"),
    "attribute": ("name.upper", "may not hold a dot behind anything but raw.<stream>"),
    "dunder": ("().__class__.__bases__", "may not hold a dot behind anything but raw.<stream>"),
    "method": ("name.upper()", "calls something that is no function of this language"),
    "call of a result": ("floor(price)(1)", "calls something that is no function of this language"),
    "import": ("__import__('os').system('id')", "calls something that is no function of this language"),
    "builtin": ("eval('1')", "'eval' is no function"),
    "lambda": ("(lambda: 1)()", "calls something that is no function of this language"),
    "lambda alone": ("lambda: 1", "may not hold lambda"),
    "subscript": ("name[0]", "may not hold square brackets behind anything but raw.<stream>"),
    "f-string": ("length(f'{name}')", "may not hold a text with f in front"),
    "bytes": ("length(b'x')", "may not hold b'x'"),
    "walrus": ("(x := 1)", "may not hold :="),
    "comprehension": ("max([x for x in name])", "may not hold a comprehension"),
    "star": ("max(*name)", "may not hold *"),
    "power": ("9 ** 9 ** 9", "may not hold **"),
    "remainder": ("stock_level % 2", "may not hold %"),
    "bit or": ("stock_level | 2", "may not hold |; write `or`"),
    "is": ("1 if status is 'x' else 2", "has `is` before something else than null"),
    "in a text": ("1 if name in 'x' else 2", "needs a list behind `in`"),
    "statement": ("import os", "is not an expression: invalid syntax"),
    "two statements": ("1; 2", "is not an expression"),
    "stray bracket": ("1) + (2", "is not an expression: a bracket is closed before it is opened"),
    "SQL comment": ("stock_level -- 1 /*", "is not an expression"),
    "SQL cast": ("stock_level::int", "is not an expression"),
    "SQL quoting": ("''' or 1=1 --", "is not an expression"),
    "infinite": ("1e999", "may not hold inf"),
    "too precise": ("0.1234567890123456789", "may not hold a number of more than 15 digits with a point"),
    "complex": ("1j", "may not hold 1j"),
    "raw alone": ("raw", "needs a stream and a field behind raw"),
    "raw stream alone": ("raw.products", "needs a field behind the stream"),
    "raw with a computed field": ("raw.products[name]", "may not hold square brackets behind anything but raw"),
    "function without brackets": ("floor", "'floor' is a function: floor("),
    "nested without end": ("-" * 60 + "1", "is nested too deeply"),
    "brackets without end": ("(" * 250 + "1" + ")" * 250, "is not"),
    "too long": ("1 + " * 300 + "1", f"is longer than {LONGEST} characters"),
    "empty": ("  ", "is empty; skip_columns leaves a column as Optiply has it"),
    "NUL": ("length('\\0')", "a text cannot hold the character NUL"),
    "half a surrogate pair": ("length('\\ud800')", "a text cannot hold half a surrogate pair"),
    "NUL in a field": ("raw.products['\\0']", "a text cannot hold the character NUL"),
}  # fmt: skip


@pytest.mark.requirement("R18")
@pytest.mark.parametrize("case", BAD)
def test_a_bad_expression_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    expression, message = BAD[case]
    quote = "'" + expression.replace("'", "''") + "'"
    configs = write(
        tmp_path / "dag_configs",
        acme__webshop=WEBSHOP,
        acme__woocommerce=f"{HEAD}    columns:\n      stock_level: {quote}\n",
    )
    with pytest.raises(ConfigError) as raised:
        load_coupling(FILE, configs)
    problem = problem_of(raised.value)
    assert (problem.file, problem.line, problem.key) == (
        f"dag_configs/{FILE}",
        8,
        "objects.products.columns.stock_level",
    )
    assert problem.message.startswith(message), problem.message


REFUSED = {
    "unknown column": ("    columns: {stok_level: 1}", "objects.products.columns.stok_level", "is no column of products. Did you mean 'stock_level'?"),
    "key": ("    columns: {remote_id: name}", "objects.products.columns.remote_id", "cannot be overridden: it is a key"),
    "deletion": ("    columns: {deleted_at: created_at}", "objects.products.columns.deleted_at", "deletions follow the record"),
    "unknown skip": ("    skip_columns: [prize]", "objects.products.skip_columns.0", "Did you mean 'price'?"),
    "demanded": ("    skip_columns: [price, name]", "objects.products.skip_columns.1", "cannot be left out: Optiply demands it"),
    "demanded, as null": ("    columns: {name: null}", "objects.products.columns.name", "cannot be left out: Optiply demands it"),
    "skipped twice": ("    skip_columns: [price, price]", "objects.products.skip_columns.1", "stands twice"),
    "skipped and set": ("    {skip_columns: [price], columns: {price: 1}}", "objects.products.columns.price", "stands under skip_columns too"),
    "a list": ("    columns: {price: [1]}", "objects.products.columns.price", "must be"),
    "constant of another kind": ("    columns: {name: 5}", "objects.products.columns.name", "it is a number where a text belongs"),
    "no number": ("    columns: {price: .nan}", "objects.products.columns.price", "may not be nan"),
    "lines of products": ("    lines: {columns: {}}", "objects.products.lines", "products have no lines; sell_orders and buy_orders have"),
    "unknown key": ("    column: {price: 1}", "objects.products.column", "Did you mean 'columns'?"),
    "a setting against it": ("    columns: {price: 1}\nsettings:\n  price.enabled: false", "settings.price.enabled", "is false and leaves products.price alone, which line 7 overrides"),
}  # fmt: skip


@pytest.mark.requirement("R18")
@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_override_is_refused(tmp_path: Path, case: str) -> None:
    text, key, message = REFUSED[case]
    configs = write(tmp_path / "dag_configs", acme__webshop=WEBSHOP, acme__woocommerce=f"{HEAD}{text}\n")
    with pytest.raises(ConfigError) as raised:
        load_coupling(FILE, configs)
    problem = problem_of(raised.value)
    assert (problem.line, problem.key) == (9 if "settings" in text else 7, key)
    assert message in problem.message


@pytest.mark.requirement("R18")
def test_a_coupling_tells_its_overrides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "    skip_columns: [article_code]\n    columns:\n      stock_level: >\n        stock_level\n        * 2\n"
        "      unlimited_stock: true\n      price: null\nsettings:\n  stock.from_sell_orders: false\n"
    )
    lines = HEAD.replace("sell_orders: {}", "sell_orders: {lines: {columns: {product_sku: upper(product_sku)}}}")
    configs = write(tmp_path / "dag_configs", acme__webshop=WEBSHOP, acme__woocommerce=lines + text)
    config = load_coupling(FILE, configs)
    assert [
        (made.object, made.table, made.column, made.expression, made.is_skip, made.when_empty, made.line)
        for made in config.overrides
    ] == [
        ("sell_orders", "sell_order_lines", "product_sku", "upper(product_sku)", False, "warning", 5),
        ("products", "products", "article_code", "null", True, "warning", 7),
        ("products", "products", "stock_level", "stock_level * 2", False, "blocked", 9),
        ("products", "products", "unlimited_stock", "true", False, "blocked", 12),
        ("products", "products", "price", "null", True, "warning", 13),
    ]
    assert "| products `stock_level` | `stock_level * 2` | line 9 |" in describe(config)
    chosen = parser().parse_args(["mapping", "overrides", config.name, "--configs", str(configs)])
    assert chosen.run(chosen) == 0
    told = capsys.readouterr().out
    assert (
        f'products.stock_level  dag_configs/{FILE}:9\n    stock_level * 2\n    SQL: (given."stock_level" * 2::numeric)\n'
        in told
    )
    assert f"products.article_code  dag_configs/{FILE}:7\n    null\n    SQL: Optiply keeps what it has\n" in told
    with pytest.raises(Misconfigured, match="there is no coupling 'acme__nobody'"):
        chosen.run(parser().parse_args(["mapping", "overrides", "acme__nobody", "--configs", str(configs)]))


@pytest.mark.requirement("R12", "R18")
def test_a_setting_that_is_false_skips_its_columns(tmp_path: Path) -> None:
    configs = write(
        tmp_path / "dag_configs",
        acme__webshop=WEBSHOP,
        acme__woocommerce=f"{HEAD}    {{}}\nsettings:\n  stock.enabled: false\n",
    )
    (made,) = load_coupling(FILE, configs).overrides
    assert made == Override(
        "products",
        "products",
        "stock_level",
        "stock.enabled: false",
        "null::numeric",
        True,
        "warning",
        f"dag_configs/{FILE}",
        9,
    )


@pytest.mark.requirement("R18")
def test_only_what_overrides_say_changes_the_hash(tmp_path: Path) -> None:
    def hash_of(text: str) -> str:
        return load_coupling(
            FILE, write(tmp_path / "dag_configs", acme__webshop=WEBSHOP, acme__woocommerce=text)
        ).config_hash

    doubled = f"{HEAD}    columns: {{stock_level: stock_level * 2}}\n"
    plain = hash_of(f"{HEAD}    {{}}\n")
    assert hash_of(f"{HEAD}    {{columns: {{}}}}\n") == plain
    assert hash_of(doubled) not in (plain, hash_of(doubled.replace("* 2", "* 3")))
    assert hash_of("# a line\n" + doubled) == hash_of(doubled)


@pytest.mark.requirement("R18")
def test_the_table_of_columns_is_that_of_the_mappings() -> None:
    for table, columns in TABLES.items():
        (path,) = MODELS.rglob(f"int_{table}__mapped.sql")
        listed = re.findall(r"'(\w+)'", path.read_text().partition("[")[2])
        assert set(listed) == set(columns), f"include/spec/columns.py and {path.name} list other columns of {table}"
    assert set(TABLES) == {path.stem for path in (MODELS / "marts" / "optiply").glob("*.sql")}
    assert set(LINES.values()) <= set(TABLES)
