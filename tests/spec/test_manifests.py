# ruff: noqa: E501 - a table of cases reads best with one case a line.
"""Each way to break a manifest names file, line, key and the nearest valid word; defaults lie under every stream."""

from pathlib import Path
from typing import Any

import pytest

from include.spec.load import connector_names, load_manifest
from include.spec.manifest import Manifest
from include.spec.paging import NextLink, NoPaging, PageNumber
from include.spec.problems import ConfigError
from tests.spec.folders import MANIFEST, problem_of


@pytest.fixture
def connectors(tmp_path: Path) -> Path:
    (tmp_path / "system").mkdir()
    return tmp_path


def load(connectors: Path, text: str | bytes) -> Manifest:
    (connectors / "system" / "manifest.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    # The cache is for one process that reads the files of one moment; a test writes another one.
    return load_manifest.__wrapped__("system", connectors)


def changed(*pairs: str) -> str:
    text = MANIFEST
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.mark.requirement("F7")
@pytest.mark.parametrize("name", connector_names())
def test_the_manifests_of_this_project(name: str) -> None:
    manifest = load_manifest(name)
    assert manifest.connector == name
    for made in manifest.objects.values():
        assert set(made.streams + made.reads) <= set(manifest.streams)


@pytest.mark.requirement("F7")
def test_defaults_lie_under_every_stream(connectors: Path) -> None:
    manifest = load(
        connectors,
        changed(
            "    path: /items\n",
            "    path: /items\n    params: {by: name, status: any, order: null}\n    paging: {size: 5}\n",
            "    root: parent\n",
            "    root: parent\n    key: [id, item]\n    paging: {type: none}\n",
        ),
    )
    items, stock = manifest.streams["items"], manifest.streams["stock"]
    assert items.key == ["id"]
    assert items.params == {"by": "name", "status": "any"}, "mappings merge, null takes a default away"
    assert items.paging == PageNumber(type="page_number", size=5, size_param="per_page")
    assert stock.params == {"order": "asc", "by": "id"}
    assert stock.key == ["id", "item"], "lists do not merge"
    assert stock.paging == NoPaging(type="none"), "another type takes nothing over"


def test_null_takes_a_whole_default_away(connectors: Path) -> None:
    manifest = load(connectors, changed("    path: /items\n", "    path: /items\n    paging: null\n    params: null\n"))
    assert manifest.streams["items"].paging == NoPaging(type="none")
    assert manifest.streams["items"].params == {}
    assert isinstance(manifest.streams["stock"].paging, PageNumber)


def test_another_type_replaces(connectors: Path) -> None:
    text = changed("    path: /items\n", "    path: /items\n    paging: {type: next_link, link: next}\n")
    assert load(connectors, text).streams["items"].paging == NextLink(type="next_link", link="next")


PAGING = "{type: page_number, size: 100, size_param: per_page}"
BROKEN: dict[str, tuple[Any, int, str, str]] = {
    "unknown key": (changed("title:", "titel:"), 2, "titel", "Did you mean 'title'?"),
    "unknown key of a stream": (changed("    root: parent", "    rot: parent"), 20, "streams.stock.rot", "'root'?"),
    "unknown key inside a union": (
        changed("    path: /items\n", "    path: /items\n    paging: {sise: 5}\n"),
        18, "streams.items.paging.sise", "Did you mean 'size'?",
    ),
    "unknown key inside the default's union": (
        changed("size: 100", "size: 100, sise: 5"), 14, "streams.items.paging.sise", "Did you mean 'size'?",
    ),
    "missing key inside a union": (
        changed("    path: /items\n", "    path: /items\n    paging: {type: next_link}\n"),
        18, "streams.items.paging.link", "is required and missing",
    ),
    "wrong tag": (
        changed("    path: /items\n", "    path: /items\n    paging: {type: page_numbers}\n"),
        18, "streams.items.paging.type", "cannot be 'page_numbers'. Did you mean 'page_number'?",
    ),
    "wrong tag in block style": (
        changed("    path: /items\n", "    path: /items\n    paging:\n      size: 5\n      type: pages\n"),
        20, "streams.items.paging.type", "Did you mean 'page_number'?",
    ),
    "wrong tag of auth": (changed("{type: basic}", "{type: basc}"), 10, "client.auth.type", "Did you mean 'basic'?"),
    "no tag": (changed("{type: basic}", "{early_seconds: 5}"), 10, "client.auth.type", "is required and missing"),
    "no mapping for a union": (changed("{type: basic}", "basic"), 10, "client.auth", "must be a mapping, not 'basic'"),
    "wrong type inside a union": (
        changed("size: 100", 'size: "100"'), 14, "streams.items.paging.size", "must be a whole number, not '100'",
    ),
    "size of zero": (changed("size: 100", "size: 0"), 14, "streams.items.paging.size", "greater than 0"),
    "unknown key of single": (
        changed("    path: /items\n", "    path: /items\n    single: {pth: x}\n"),
        18, "streams.items.single.pth", "Did you mean 'path'?",
    ),
    "wrong word for single": (
        changed("    path: /items\n", "    path: /items\n    single: change\n"),
        18, "streams.items.single", "cannot be 'change'. Did you mean 'changed'?",
    ),
    "missing path": (changed("    path: /items\n", "    title: x\n"), 16, "streams.items.path", "is required and missing"),
    "empty stream": (changed("    path: /items\n", ""), 16, "streams.items", "must be a mapping, not empty"),
    "defaults that are no mapping": (changed("  key: [id]\n  params: {order: asc, by: id}\n  paging: " + PAGING + "\n", "  - key\n"), 11, "defaults", "must be a mapping"),
    "unknown default": (changed("  key: [id]", "  keys: [id]"), 12, "streams.items.keys", "Did you mean 'key'?"),
    "unknown object": (changed("  products: {", "  product: {"), 23, "objects.product", "Did you mean 'products'?"),
    "stream of an object": (changed("[items, stock]", "[item, stock]"), 23, "objects.products.streams.0", "'item'. Did you mean 'items'?"),
    "stream that is read": (changed("[items, stock]", "[items, stock], reads: [prices]"), 23, "objects.products.reads.0", "no stream 'prices'"),
    "stream of a parent": (changed("{stream: items}", "{stream: itms}"), 21, "streams.stock.parent.stream", "Did you mean 'items'?"),
    "parent of itself": (changed("{stream: items}", "{stream: stock}"), 21, "streams.stock.parent.stream", "its own parent"),
    "stream of a tombstone": (
        changed("    root: parent", "    tombstones: {key: k, kind: t, streams: {'2': itms}}\n    root: parent"),
        20, "streams.stock.tombstones.streams.2", "Did you mean 'items'?",
    ),
    "stream pulled twice": (
        changed("[items, stock]}", "[items, stock]}\n  suppliers: {streams: [stock]}"),
        24, "objects.suppliers.streams.0", "already pulled with products: name it under reads",
    ),
    "object without streams": (changed("[items, stock]", "[]"), 23, "objects.products.streams", "at least 1 stream"),
    "root without a parent": (changed("    parent: {stream: items}\n", ""), 20, "streams.stock.root", "needs a parent stream"),
    "end by a header that has no name": (
        changed("size: 100", "end: header, size: 100"), 14, "streams.items.paging.end", "'header' needs pages_header",
    ),
    "type of a setting": (changed("type: integer", "type: int"), 6, "settings.division.type", "Did you mean 'integer'?"),
    "default of another type": (changed("default: net", "default: 5"), 7, "settings.basis.default", "must be a string, not 5"),
    "default outside its choices": (changed("default: net", "default: nett"), 7, "settings.basis.default", "Did you mean 'net'?"),
    "default that is a mapping": (changed("default: net", "default: {a: b}"), 7, "settings.basis.default", "must be a string, not {'a': 'b'}"),
    "folder's name": (changed("connector: system", "connector: other"), 1, "connector", "must be 'system', the name of its folder"),
    "key twice": (changed("docs:", "title: x\ndocs:"), 3, "title", "stands twice"),
    "no YAML": (changed("    path: /items\n", "    path: [\n"), 19, "", "is not YAML"),
    "empty": ("", 1, "", "is empty"),
}  # fmt: skip


@pytest.mark.requirement("F6", "F7")
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_manifest_names_the_place(connectors: Path, case: str) -> None:
    text, line, key, message = BROKEN[case]
    with pytest.raises(ConfigError) as caught:
        load(connectors, text)
    found = [problem for problem in caught.value.problems if (problem.line, problem.key) == (line, key)]
    assert len(found) == 1, str(caught.value)
    assert message in found[0].message
    assert found[0].file == "connectors/system/manifest.yaml"


@pytest.mark.requirement("F6")
def test_missing_manifest(connectors: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_manifest("nosuch", connectors)
    assert str(problem_of(caught.value)) == (
        "connectors/nosuch/manifest.yaml:1: cannot be read: No such file or directory"
    )


@pytest.mark.requirement("F6")
def test_settings_of_a_coupling_with_the_defaults(connectors: Path) -> None:
    manifest = load(connectors, MANIFEST)
    settings = manifest.with_defaults({"division": 7})
    assert settings.items() >= {"division": 7, "basis": "net"}.items()
    assert settings.keys() == manifest.settings.keys()


@pytest.mark.requirement("R19")
def test_which_objects_a_stream_feeds(connectors: Path) -> None:
    text = changed("[items, stock]}", "[items]}\n  sell_orders: {streams: [stock], reads: [items]}")
    manifest = load(connectors, text)
    assert manifest.feeds("items") == ["products", "sell_orders"]
    assert manifest.feeds("stock") == ["sell_orders"]


def test_an_object_without_an_endpoint_says_what_it_is_pulled_with() -> None:
    picqer = load_manifest("picqer")
    assert picqer.pulled_with("supplier_products") == ("products",)
    assert picqer.pulled_with("products") == ()
