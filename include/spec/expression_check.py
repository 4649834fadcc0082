"""The checked tree: every name is known, every argument of the kind that is wanted."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal

from include.spec import sql_text
from include.spec.columns import Column, Type
from include.spec.expression import Call, ColumnOf, Constant, ExpressionError, Kind, Node, Raw, Typed, Value
from include.spec.expression_parse import RAW
from include.spec.functions import CASTS, CONVERT, OPERATORS, Function, Takes, functions
from include.spec.problems import nearest

_LARGEST = 1000
_WORDS: Mapping[str, str] = {
    "text": "a text", "number": "a number", "boolean": "true or false", "moment": "a moment",
    "texts": "a list of texts", "raw": "a raw field", "null": "null",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Scope:
    """What an expression may name: the columns of its table, and the streams of its object."""

    columns: Mapping[str, Column]
    streams: Sequence[str]


def check(node: Node, wanted: Type, scope: Scope) -> Typed:
    """Return the typed tree of an expression for a column of the kind `wanted`. Raises ExpressionError."""
    return _fit(_typed(node, scope), wanted, "it")


def _typed(node: Node, scope: Scope) -> Typed:
    match node:
        case Constant(value):
            return Typed(node, _kind(value))
        case ColumnOf(name):
            return Typed(node, _column(name, scope))
        case Raw(stream):
            if stream not in scope.streams:
                hint = nearest(stream, scope.streams)
                raise ExpressionError(f"'{stream}' is no stream of this object.{hint}")
            for step in node.path:
                _literal(step)
            return Typed(node, "raw")
        case Call(name, arguments):
            return _called(node, _function(name), [_typed(argument, scope) for argument in arguments])


def _kind(value: Value) -> Kind:
    if isinstance(value, str):
        _literal(value)
        return "text"
    return "null" if value is None else "boolean" if isinstance(value, bool) else "number"


def _literal(text: str) -> None:
    try:
        sql_text.quoted(text)
    except ValueError as error:
        raise ExpressionError(str(error)) from None


def _column(name: str, scope: Scope) -> Kind:
    if name == RAW:
        raise ExpressionError("needs a stream and a field behind raw: raw.<stream>.<Field>")
    if name in functions():
        raise ExpressionError(f"'{name}' is a function: {functions()[name].example}")
    if name not in scope.columns:
        hint = nearest(name, scope.columns)
        raise ExpressionError(f"'{name}' is no column here (a text stands in quotes).{hint}")
    return scope.columns[name].type


def _function(name: str) -> Function:
    if name in OPERATORS:
        return OPERATORS[name]
    called = name.removesuffix("()")
    if called not in functions():
        raise ExpressionError(f"'{called}' is no function.{nearest(called, functions())}")
    return functions()[called]


def _called(node: Call, function: Function, arguments: list[Typed]) -> Typed:
    takes = _takes(node.name, function, len(arguments))
    shared: Kind = "null"
    if "any" in takes or "sortable" in takes:
        flexible = [argument for argument, take in zip(arguments, takes, strict=True) if take in ("any", "sortable")]
        shared = _shared(node.name, flexible, sortable="sortable" in takes, alone=function.gives == "any")
    fitted = [
        _fit(argument, shared if take in ("any", "sortable") else take, f"argument {place} of {_shown(node.name)}")
        for place, (argument, take) in enumerate(zip(arguments, takes, strict=True), 1)
    ]
    return Typed(
        node, shared if function.gives == "any" else function.gives, function.sql, tuple(fitted), function.joined
    )


def _takes(name: str, function: Function, count: int) -> tuple[Takes, ...]:
    least = tuple(take for take in function.takes if take != "...")
    more = count - len(least)
    if function.takes[-1] == "..." and more >= 0:
        return least + least[-1:] * more
    if more:
        words = f"at least {len(least)}" if function.takes[-1] == "..." else str(len(least))
        example = f", as in {function.example}" if function.example else ""
        raise ExpressionError(f"{_shown(name)} takes {words} argument{'s' * (len(least) > 1)}, not {count}{example}")
    return least


def _shared(name: str, arguments: list[Typed], *, sortable: bool, alone: bool) -> Kind:
    """Return the one kind that all these arguments are of; a raw field becomes what the others are."""
    known = {argument.kind for argument in arguments} - {"raw", "null"}
    if len(known) > 1:
        raise ExpressionError(f"{_shown(name)} mixes {' and '.join(sorted(_WORDS[kind] for kind in known))}")
    kind: Kind = next(iter(known), "raw" if any(argument.kind == "raw" for argument in arguments) else "null")
    if sortable:
        kind = "number" if kind in ("raw", "null") else kind
        if kind not in ("number", "moment"):
            raise ExpressionError(f"{_shown(name)} compares numbers or moments, not {_WORDS[kind]}")
    # A comparison of raw fields compares their texts; what gives one of them on gives a raw field.
    return "text" if kind in ("raw", "null") and not alone else kind


def _fit(typed: Typed, wanted: Kind | Takes, place: str) -> Typed:
    """Return the tree as the kind that is wanted. Raises ExpressionError where it is of another."""
    if wanted in ("whole", "place"):
        _whole(typed, 1 if wanted == "place" else 0, place)
        return Typed(typed.node, "whole")
    kind: Kind = wanted  # type: ignore[assignment]
    if typed.kind == kind or (typed.kind == "raw" and kind == "text"):
        return typed
    if isinstance(typed.node, Constant) and typed.kind == "null":
        return Typed(typed.node, kind)
    if typed.kind in ("raw", "null") and kind in CASTS:
        return Typed(typed.node, kind, CASTS[kind], (typed,))
    if typed.kind == "null" and kind in ("text", "raw"):
        return typed
    convert = CONVERT.get((typed.kind, kind))
    hint = f"; {convert}(…) makes one of it" if convert else ""
    raise ExpressionError(f"{place} is {_WORDS[typed.kind]} where {_WORDS[kind]} belongs{hint}")


def _whole(typed: Typed, least: int, place: str) -> None:
    value = typed.node.value if isinstance(typed.node, Constant) else None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _LARGEST:
        raise ExpressionError(f"{place} must be a whole number written out, {least} to {_LARGEST}")


def _shown(name: str) -> str:
    return name if name.endswith(")") else f"'{name}'"


def as_constant(value: Value | float) -> Node:
    """Return the tree of a value that YAML gave as no text. Raises ExpressionError for what is no number."""
    if isinstance(value, float):
        exact = Decimal(repr(value))
        if not exact.is_finite():
            raise ExpressionError(f"may not be {value!r}")
        return Constant(exact)
    return Constant(value)
