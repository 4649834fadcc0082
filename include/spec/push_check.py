"""What the shape of a manifest's `push` cannot say: fields that nobody fills, settings that are not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from include.spec.coupling_check import wrong_value
from include.spec.marked_yaml import Path_
from include.spec.problems import nearest
from include.spec.push import BuyOrderPush, Push, Reading, Write

if TYPE_CHECKING:
    from include.spec.manifest import Setting

Add = Callable[[Path_, str], None]
_HERE: Path_ = ("push", "buy_orders")
_FIELD = re.compile(r"\{(?:int:|number:)?([a-zA-Z_.0-9]+)(?:\|[^{}]*)?\}")
ORDER = (
    "reference", "supplier_remote_id", "supplier_name", "placed", "placed_day", "receipt_date", "total_value",
)  # fmt: skip
"""What an order offers as `{order.x}`; `include/warehouse/push_wanted.py` fills them."""
LINE = (
    "product_remote_id", "sku_code", "quantity", "unit_price", "subtotal_value", "lot_size", "quantity_in_lots",
    "price_per_lot", "receipt_date",
)  # fmt: skip
"""What a line offers as `{line.x}`."""


def check_push(push: Push, settings: Mapping[str, Setting], add: Add) -> None:
    """Say everything that is wrong with the section beyond its shape."""
    _check_orders(push.buy_orders, settings, add)
    for number, variant in enumerate(push.variants):
        here: Path_ = ("push", "variants", number)
        check_when((*here, "when"), variant.when, settings, add)
        if not variant.when and variant.assembly is None:
            add(here, "needs when or assembly: else every order would be one")
        _check_orders(variant.buy_orders, settings, _inside(here, add))


def _inside(here: Path_, add: Add) -> Add:
    return lambda path, text: add((*here, *path[1:]), text)


def _check_orders(push: BuyOrderPush, settings: Mapping[str, Setting], add: Add) -> None:
    check_when((*_HERE, "needs"), push.needs, settings, add)
    check_when((*_HERE, "read", "lines", "pieces_when"), push.read.lines.pieces_when, settings, add)
    known = {f"order.{name}" for name in ORDER} | {f"settings.{key}" for key in settings} | {"reference"}
    line = {f"line.{name}" for name in LINE}
    _check_fields((*_HERE, "reference"), push.reference, {*known, "buy_order_id"} - {"reference"}, add)
    _check_match(push, settings, add)
    for path, call, more in _calls(push):
        offered = known | more | (line | {"line.remote_id"} if path[2] == "change" else set())
        for key in ("path", "params", "headers"):
            _check_fields((*path, key), getattr(call, key), offered, add)
        _check_body((*path, "body"), call.body, offered, line, settings, add)
    for number, step in enumerate(push.then):
        check_when((*_HERE, "then", number, "when"), step.when, settings, add)
    if not isinstance(push.create.body, Mapping) or _lists(push.create.body) != 1:
        add((*_HERE, "create", "body"), "needs exactly one member that is a list of lines: {each: lines, of: …}")
    if (push.read.lines.at is None) == (push.read.lines.call is None):
        add((*_HERE, "read", "lines"), "needs either at or call")


def check_when(path: Path_, when: Mapping[str, Any], settings: Mapping[str, Setting], add: Add) -> None:
    """Say which of the settings named do not exist, or cannot have the value."""
    for key, values in when.items():
        setting = settings.get(key)
        if setting is None:
            add((*path, key), f"is not among the settings.{nearest(key, settings)}")
            continue
        for value in values if isinstance(values, list) else [values]:
            message = wrong_value(value, setting)
            if message:
                add((*path, key), message)


def _calls(push: BuyOrderPush) -> Iterator[tuple[Path_, Write | Reading, set[str]]]:
    sent = {"remote_id"}
    yield (*_HERE, "create"), push.create, set()
    yield (*_HERE, "find"), push.find, set()
    yield (*_HERE, "read"), push.read, sent
    if push.read.lines.call is not None:
        yield (*_HERE, "read", "lines", "call"), push.read.lines.call, sent
    for number, step in enumerate(push.then):
        yield (*_HERE, "then", number), step, sent
    for name in ("header", "add_line", "change_line", "remove_line"):
        call = getattr(push.change, name)
        if call is not None:
            yield (*_HERE, "change", name), call, sent
    if push.cancel is not None:
        yield (*_HERE, "cancel"), push.cancel, sent


def _check_match(push: BuyOrderPush, settings: Mapping[str, Setting], add: Add) -> None:
    _check_fields((*_HERE, "find", "match"), push.find.match, {f"settings.{key}" for key in settings}, add)
    own = [name for name in _FIELD.findall(push.reference) if name.startswith(("order.", "settings."))]
    if not own:
        add((*_HERE, "reference"), "must hold {order.reference}, or be a setting: else all orders look the same")


def _check_body(
    path: Path_, body: Any, offered: set[str], line: set[str], settings: Mapping[str, Setting], add: Add
) -> None:
    if isinstance(body, Mapping) and "each" in body:
        if set(body) != {"each", "of"} or body["each"] != "lines":
            add(path, "a list is written {each: lines, of: …}")
        else:
            _check_body((*path, "of"), body["of"], offered | line, line, settings, add)
    elif isinstance(body, Mapping) and "when" in body:
        if set(body) != {"when", "is"} or not isinstance(body["when"], Mapping):
            add(path, "a part for some settings is written {when: {setting: [values]}, is: …}")
        else:
            check_when((*path, "when"), body["when"], settings, add)
            _check_body((*path, "is"), body["is"], offered, line, settings, add)
    elif isinstance(body, Mapping):
        for name, inside in body.items():
            _check_body((*path, name), inside, offered, line, settings, add)
    elif isinstance(body, list):
        for number, inside in enumerate(body):
            _check_body((*path, number), inside, offered, line, settings, add)
    elif isinstance(body, str):
        _check_fields(path, body, offered, add)


def _check_fields(path: Path_, text: Any, offered: set[str], add: Add) -> None:
    if isinstance(text, Mapping):
        for key, inside in text.items():
            _check_fields((*path, key), inside, offered, add)
        return
    for name in _FIELD.findall(text):
        if name not in offered and not name.startswith("connection."):
            add(path, f"nothing fills '{name}'.{nearest(name, offered)}")


def _lists(body: Mapping[str, Any]) -> int:
    return sum(isinstance(inside, Mapping) and "each" in inside for inside in body.values())
