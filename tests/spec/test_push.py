# ruff: noqa: E501 - a table of cases reads best with one case a line.
"""Each way to break the `push` of a manifest names file, line, key and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.spec.load import load_manifest
from include.spec.problems import ConfigError
from include.spec.push import PLAIN
from tests.spec.folders import MANIFEST

PUSH = """\
push:
  buy_orders:
    reference: "op-{order.reference}"
    id: id
    create:
      path: /orders
      body: {supplier: "{order.supplier_remote_id}", rows: {each: lines, of: {item: "{line.product_remote_id}"}}}
    find: {path: /orders, match: remarks}
    read: {path: "/orders/{remote_id}", lines: {at: rows, id: id, product: item}}
    then:
      - {name: release, when: {basis: [net]}, path: "/orders/{remote_id}/release"}
  variants:
    - name: made
      assembly: true
      when: {basis: [gross]}
      buy_orders:
        needs: {basis: [gross]}
        reference: "make {order.reference}"
        id: id
        create: {path: /jobs, body: {"": {each: lines, of: {thing: "{line.product_remote_id}"}}}}
        find: {path: /jobs, match: name}
        read: {path: "/jobs/{remote_id}", lines: {at: "", id: id, product: thing}}
"""


def problem(tmp_path: Path, old: str, new: str) -> str:
    text = MANIFEST + PUSH
    assert text.count(old) == 1, old
    (tmp_path / "system").mkdir()
    (tmp_path / "system" / "manifest.yaml").write_text(text.replace(old, new), encoding="utf-8")
    # The cache is for one process that reads the files of one moment; a test writes another one.
    with pytest.raises(ConfigError) as caught:
        load_manifest.__wrapped__("system", tmp_path)
    return "\n".join(map(str, caught.value.problems))


@pytest.mark.requirement("F7", "F3")
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{order.supplier_remote_id}", "{order.supplier_id}", "push.buy_orders.create.body.supplier: nothing fills 'order.supplier_id'."),
        ("item: \"{line.product_remote_id}\"", "item: \"{order.product}\"", "create.body.rows.of.item: nothing fills 'order.product'."),
        ('supplier: "{order.supplier_remote_id}"', 'supplier: "{line.quantity}"', "create.body.supplier: nothing fills 'line.quantity'"),
        ('"op-{order.reference}"', "optiply", "push.buy_orders.reference: must hold {order.reference}"),
        ("rows: {each: lines, of: {item:", "rows: {item: {item:", "create.body: needs exactly one member that is a list of lines"),
        ("rows: {each: lines", "rows: {each: products", "create.body.rows: a list is written {each: lines, of: …}"),
        ("when: {basis: [net]}", "when: {basis: [nett]}", "push.buy_orders.then.0.when.basis: cannot be 'nett'. Did you mean 'net'?"),
        ("when: {basis: [net]}", "when: {bases: [net]}", "push.buy_orders.then.0.when.bases: is not among the settings. Did you mean 'basis'?"),
        ("{at: rows, id: id, product: item}", "{id: id, product: item}", "push.buy_orders.read.lines: needs either at or call"),
        ("match: remarks", 'match: "{settings.field}"', "push.buy_orders.find.match: nothing fills 'settings.field'."),
        ("    id: id\n    create", "    create", "push.buy_orders.id: is required and missing"),
        ("match: remarks", "matches: remarks", "push.buy_orders.find.matches: is not a known key. Did you mean 'match'?"),
        ("when: {basis: [gross]}", "when: {basis: [brutto]}", "push.variants.0.when.basis: cannot be 'brutto'."),
        ("needs: {basis: [gross]}", "needs: {bases: []}", "push.variants.0.buy_orders.needs.bases: is not among the settings."),
        ('thing: "{line.product_remote_id}"', 'thing: "{order.product}"', "push.variants.0.buy_orders.create.body..of.thing: nothing fills 'order.product'."),
        ("/orders/{remote_id}/release", "/orders/{id}/release", "push.buy_orders.then.0.path: nothing fills 'id'."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    found = problem(tmp_path, old, new)
    assert said in found
    assert found.startswith("connectors/system/manifest.yaml:")


@pytest.mark.requirement("F7")
def test_the_section_as_it_stands_is_right(tmp_path: Path) -> None:
    (tmp_path / "system").mkdir()
    (tmp_path / "system" / "manifest.yaml").write_text(MANIFEST + PUSH, encoding="utf-8")
    manifest = load_manifest.__wrapped__("system", tmp_path)
    assert manifest.push is not None
    push = manifest.push
    assert push.buy_orders.settle_seconds == 30
    made = push.variants[0].buy_orders
    assert push.made_by(push.kind_of({"basis": "gross"}, assembly=True)) is made
    assert push.kind_of({"basis": "gross"}, assembly=False) == push.kind_of({"basis": "net"}, assembly=True) == PLAIN
    assert push.made_by(PLAIN) is push.buy_orders
