"""What an expression may call: a table of functions and one of operators; checks, SQL and guide follow from them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from include.spec import marked_yaml

Takes = Literal["text", "number", "boolean", "moment", "any", "sortable", "whole", "place", "..."]
"""`any`: all such arguments, and the result, are of one kind; `sortable`: likewise, numbers or moments; `whole`: a
number written out, 0 to 1000; `place`: the same from 1; `...`: the argument before may be repeated."""


@dataclasses.dataclass(frozen=True)
class Function:
    """One function; `sql` is filled with the arguments by number, or with `{all}` of them (`{rest}`: but the first).

    `joined` stands between those.
    No function may raise an error in PostgreSQL, whatever it is given: one row would stop the webshop.
    """

    takes: tuple[Takes, ...]
    gives: Literal["text", "number", "boolean", "moment", "any"]
    sql: str
    says: str = ""
    example: str = ""
    joined: str = ", "


FILE = Path(__file__).with_name("functions.yaml")


@functools.cache
def functions() -> Mapping[str, Function]:
    """Return the functions by name: those of functions.yaml."""
    given = marked_yaml.load(FILE, f"include/spec/{FILE.name}").data
    return MappingProxyType({name: Function(**{**row, "takes": tuple(row["takes"])}) for name, row in given.items()})


OPERATORS: Mapping[str, Function] = MappingProxyType(
    {
        "+": Function(("number", "number"), "number", "({0} + {1})"),
        "-": Function(("number", "number"), "number", "({0} - {1})"),
        "*": Function(("number", "number"), "number", "({0} * {1})"),
        "/": Function(("number", "number"), "number", "({0} / nullif({1}, 0))"),
        "minus": Function(("number",), "number", "(- {0})"),
        "==": Function(("any", "any"), "boolean", "({0} = {1})"),
        "!=": Function(("any", "any"), "boolean", "({0} <> {1})"),
        "<": Function(("sortable", "sortable"), "boolean", "({0} < {1})"),
        "<=": Function(("sortable", "sortable"), "boolean", "({0} <= {1})"),
        ">": Function(("sortable", "sortable"), "boolean", "({0} > {1})"),
        ">=": Function(("sortable", "sortable"), "boolean", "({0} >= {1})"),
        "in": Function(("any", "any", "..."), "boolean", "({0} in ({rest}))"),
        "not in": Function(("any", "any", "..."), "boolean", "({0} not in ({rest}))"),
        "is null": Function(("any",), "boolean", "({0} is null)"),
        "is not null": Function(("any",), "boolean", "({0} is not null)"),
        "and": Function(("boolean", "boolean", "..."), "boolean", "({all})", joined=" and "),
        "or": Function(("boolean", "boolean", "..."), "boolean", "({all})", joined=" or "),
        "not": Function(("boolean",), "boolean", "(not {0})"),
        "if": Function(("boolean", "any", "any"), "any", "case when {0} then {1} else {2} end"),
    }
)

CASTS: Mapping[str, str] = MappingProxyType(
    {"number": "platform.to_number({0})", "boolean": "platform.to_boolean({0})", "moment": "platform.to_moment({0})"}
)
"""How a raw field, which is a text, is read where another kind is wanted."""

CONVERT: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("text", "number"): "string_to_number", ("text", "boolean"): "string_to_bool",
        ("text", "moment"): "string_to_moment", ("number", "text"): "int_to_string",
        ("boolean", "text"): "bool_to_string", ("boolean", "number"): "bool_to_int",
        ("moment", "text"): "moment_to_date", ("number", "moment"): "unix_to_moment",
    }
)  # fmt: skip
"""(what there is, what is wanted) -> the function that makes the one of the other."""
