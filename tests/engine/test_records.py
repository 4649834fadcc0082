"""Records stay as received; their keys, roots and order are exact, and what has none is set aside."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from include.contract.errors import UnexpectedResponse
from include.engine.records import BadRecord, Record, RecordShape, as_order, reader, split, text_at

BY_ID = RecordShape(("id",))
WHERE = "shop.nl/api/items"


def read_one(text: str | bytes, shape: RecordShape = BY_ID, parent: str | None = None) -> Record | BadRecord:
    raw = msgspec.Raw(text if isinstance(text, bytes) else text.encode())
    records, bad = reader(shape)([raw], parent)
    assert len(records) + len(bad) == 1
    return [*records, *bad][0]


@pytest.mark.requirement("R19")
@pytest.mark.parametrize(
    "value",
    ["1.10", "0.1", "12345678901234567890.123456789", "123456789012345678901234567890", "1e-7", "100.0", "1E400", "-0"],
)
def test_numbers_keep_every_digit(value: str) -> None:
    body = f'[ {{"id": 7,  "price":{value} }} ]'.encode()
    (raw,) = split(body, [""], WHERE)
    record = read_one(bytes(raw))
    assert isinstance(record, Record)
    assert record.raw == f'{{"id": 7,  "price":{value} }}'.encode()


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("0", "0"),
        ("7", "7"),
        ('"0042"', "0042"),
        ('" 42 "', "42"),
        ("1.10", "1.10"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ('"Émile/…?"', "Émile/…?"),
        ('"NaN-1"', "NaN-1"),
        (f'"{"x" * 255}"', "x" * 255),
    ],
)
def test_key_as_the_remote_writes_it(value: str, key: str) -> None:
    record = read_one(f'{{"id": {value}}}')
    assert isinstance(record, Record)
    assert (record.key, record.root) == (key, key)


@pytest.mark.parametrize(
    "value",
    [
        "null",
        '""',
        '"   "',
        '"NaN"',
        '"nan"',
        '"null"',
        '"None"',
        "true",
        "[1]",
        '{"a":1}',
        f'"{"x" * 300}"',
        '"a\\u0000b"',
    ],
)
def test_record_without_a_key_is_set_aside_whole(value: str) -> None:
    text = f'{{"id": {value}, "name": "kept"}}'
    assert read_one(text) == BadRecord("id", "record without id", text.encode())


@pytest.mark.parametrize("text", ['{"name": "no id"}', "{}"])
def test_missing_key(text: str) -> None:
    assert isinstance(read_one(text), BadRecord)


@pytest.mark.parametrize("text", ["5", '"text"', "null", "[1]", "true"])
def test_what_is_no_object_is_set_aside(text: str) -> None:
    assert read_one(text) == BadRecord("record", "is not a JSON object", text.encode())


def test_bytes_that_are_not_utf8_are_set_aside_even_in_a_field_nobody_reads() -> None:
    assert isinstance(read_one(b'{"id": 1, "name": "caf\xe9"}'), BadRecord)


def test_one_bad_record_takes_no_other_with_it() -> None:
    raws = split(b'[{"id":1},{"id":null},5,{"id":2}]', [""], WHERE)
    records, bad = reader(RecordShape(("id",)))(raws, None)
    assert [record.key for record in records] == ["1", "2"]
    assert [record.raw for record in bad] == [b'{"id":null}', b"5"]


def test_key_of_several_fields() -> None:
    shape = RecordShape(("order", "line"))
    record = read_one('{"order": 5, "line": "a"}', shape)
    assert isinstance(record, Record)
    assert record.key == "5_a"
    assert read_one('{"order": 5}', shape) == BadRecord("order + line", "record without id", b'{"order": 5}')


@pytest.mark.requirement("R19")
def test_root_says_what_a_record_belongs_to() -> None:
    own = RecordShape(("id",), root="Item")
    record = read_one('{"id": 1, "Item": "a-b"}', own)
    assert isinstance(record, Record)
    assert record.root == "a-b"
    lost = read_one('{"id": 1, "Item": null}', own)
    assert lost == BadRecord("Item", "record does not say what it belongs to", b'{"id": 1, "Item": null}')
    child = read_one('{"id": 1}', RecordShape(("id",), root="parent"), parent="9")
    assert isinstance(child, Record)
    assert (child.key, child.root) == ("1", "9")


@pytest.mark.parametrize(
    ("value", "order"),
    [
        (17, 17),
        (Decimal("17"), 17),
        ("17", 17),
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T00:00:01", 1_000_000),
        ("1970-01-01T01:00:00.000001+01:00", 1),
        ("/Date(1500)/", 1_500_000),
        ("/Date(-1500)/", -1_500_000),
        (None, None),
        (True, None),
        ("", None),
        ("yesterday", None),
        ("²", None),
        ("--5", None),
        ("/Date(--5)/", None),
        ("9" * 5000, None),
        (Decimal("1E+999999999"), None),
        ([], None),
    ],
)
def test_order_is_a_number_that_grows_or_nothing(value: Any, order: int | None) -> None:
    assert as_order(value) == order


def test_volatile_fields_make_no_change() -> None:
    shape = RecordShape(("id",), hash_without=("seen",))
    first, same, other = (
        read_one(text, shape)
        for text in ('{"id":1,"a":2,"seen":1}', '{"seen":5,"a":2,"id":1}', '{"id":1,"a":3,"seen":1}')
    )
    assert isinstance(first, Record)
    assert isinstance(same, Record)
    assert isinstance(other, Record)
    assert first.digest == same.digest != other.digest
    assert read_one('{"id":1}') != read_one('{"id":1.0}')


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"d": {"results": [{"ID": 1}, {"ID": 2}]}}, 2),
        ({"d": [{"ID": 1}]}, 1),
        ({"d": {"ID": 1}}, 1),
        ({"d": {"results": []}}, 0),
        ({"d": []}, 0),
    ],
)
def test_shapes_of_an_odata_answer(body: Any, count: int) -> None:
    assert len(split(json.dumps(body).encode(), ["d.results", "d"], WHERE)) == count


@pytest.mark.requirement("R16")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"<html>Maintenance</html>",
        b"null",
        b"5",
        b'"ok"',
        b"true",
        b'{"a":1',
        b'[{"id":1}',
        b'[{"id":1}] <br>',
    ],
)
@pytest.mark.parametrize("path", ["", "orders", "d.results"])
def test_what_is_no_list_of_records_is_never_an_empty_one(body: bytes, path: str) -> None:
    """Taken for an empty last page it would end a pull of everything, and what it did not see would be deleted."""
    for may_lack in (False, True):
        with pytest.raises(UnexpectedResponse, match=r"shop.nl/api/items answered"):
            split(body, [path], WHERE, may_lack=may_lack)


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("body", [b'{"error": "try later"}', b'{"orders": null}', b'{"orders": "none"}'])
def test_answer_without_the_member_is_refused(body: bytes) -> None:
    for may_lack in (False, True):
        with pytest.raises(UnexpectedResponse, match="without records at 'orders'"):
            split(body, ["orders"], WHERE, may_lack=may_lack)


def test_empty_mapping_ends_only_where_the_endpoint_ends_so() -> None:
    assert split(b" {} ", ["orders"], WHERE, may_lack=True) == []
    with pytest.raises(UnexpectedResponse):
        split(b"{}", ["orders"], WHERE)


@pytest.mark.parametrize(
    ("body", "text"), [(b'{"d":{"n":"x"}}', "x"), (b'{"d":{"n":null}}', None), (b'{"d":[]}', None)]
)
def test_text_at(body: bytes, text: str | None) -> None:
    assert text_at(body, "d.n", WHERE) == text


@pytest.mark.parametrize("body", [b'{"d":{"n":5}}', b'{"d":{"n":{"uri":"x"}}}', b'{"d":{"n":"x"'])
def test_a_next_page_that_cannot_be_read_is_not_the_end(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse):
        text_at(body, "d.n", WHERE)


def test_a_time_as_mails_write_it() -> None:
    assert as_order("Wed, 20 May 2026 10:00:00 +0200") == as_order("2026-05-20T08:00:00Z")
    assert as_order("yesterday") is None


def test_keys_and_roots_that_stand_deeper() -> None:
    read = reader(RecordShape(("parent", "id"), "product.resource.id", "summaries.0.version", (), "_NL"))
    good = b'{"id": 7, "product": {"resource": {"id": 5}}, "summaries": [{"version": 3}]}'
    without = b'{"id": 8, "product": false, "summaries": []}'
    records, bad = read([msgspec.Raw(good), msgspec.Raw(without)], "P1")
    assert [(record.key, record.root, record.order) for record in records] == [("P1_7_NL", "5", 3)]
    assert [record.field for record in bad] == ["product.resource.id"]
