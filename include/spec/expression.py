"""The tree of an override's expression: what was written, and what it is once it is checked."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Literal

Kind = Literal["text", "number", "boolean", "moment", "texts", "raw", "null", "whole"]
Value = str | int | Decimal | bool | None


class ExpressionError(ValueError):
    """The expression cannot be used; the text says what to write instead."""


@dataclasses.dataclass(frozen=True)
class Constant:
    """A value that is written out."""

    value: Value


@dataclasses.dataclass(frozen=True)
class ColumnOf:
    """A canonical column of the row."""

    name: str


@dataclasses.dataclass(frozen=True)
class Raw:
    """A field of a landed record; `path` are the names down to it."""

    stream: str
    path: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Call:
    """A function or operator with its arguments."""

    name: str
    arguments: tuple[Node, ...]


Node = Constant | ColumnOf | Raw | Call


@dataclasses.dataclass(frozen=True)
class Typed:
    """A checked node with its kind; the arguments of a call are typed too, and converted to what it takes.

    `template` and `joined` are those of its function.
    """

    node: Node
    kind: Kind
    template: str = ""
    arguments: tuple[Typed, ...] = ()
    joined: str = ", "
