"""The text of an expression to a tree, by Python's own parser and a list of what may stand in it."""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Sequence
from decimal import Decimal

from include.spec.expression import Call, ColumnOf, Constant, ExpressionError, Node, Raw, Value

LONGEST, DEEPEST = 1000, 40
_DIGITS = 15
RAW = "raw"
_WORDS: dict[str, Value] = {"null": None, "true": True, "false": False}
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
    ast.And: "and", ast.Or: "or", ast.Not: "not", ast.USub: "minus",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
# What Python has and this language has not, in words that a person knows.
_REFUSED: dict[type[ast.AST], str] = {
    ast.JoinedStr: "a text with f in front; concat(…) puts texts together",
    ast.Lambda: "lambda",
    ast.Attribute: "a dot behind anything but raw.<stream>",
    ast.Subscript: "square brackets behind anything but raw.<stream>",
    ast.ListComp: "a comprehension", ast.SetComp: "a comprehension", ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.NamedExpr: ":=", ast.Starred: "*", ast.Await: "await", ast.Yield: "yield", ast.YieldFrom: "yield",
    ast.List: "a list outside `in`", ast.Tuple: "a list outside `in`", ast.Set: "braces", ast.Dict: "braces",
    ast.Mod: "%", ast.Pow: "**", ast.FloorDiv: "//; floor(a / b) rounds down", ast.MatMult: "@",
    ast.BitAnd: "&; write `and`", ast.BitOr: "|; write `or`", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
    ast.Invert: "~", ast.UAdd: "+ without a number in front", ast.Slice: ":",
}  # fmt: skip


def parse(text: str) -> Node:
    """Return the tree of an expression. Raises ExpressionError."""
    if not text.strip():
        raise ExpressionError("is empty; skip_columns leaves a column as Optiply has it")
    if len(text) > LONGEST:
        raise ExpressionError(f"is longer than {LONGEST} characters")
    try:
        with warnings.catch_warnings():
            # Python warns about '\d' and `1 is 2`; the first is a text as written, the second is refused below.
            warnings.simplefilter("ignore")
            # In brackets, so that a text of several lines is one expression.
            tree = ast.parse(f"({text}\n)", mode="eval")
    except SyntaxError as error:
        raise ExpressionError(f"is not an expression: {error.msg}") from None
    except ValueError as error:
        raise ExpressionError(f"is not an expression: {error}") from None
    except (RecursionError, MemoryError, OverflowError):
        raise ExpressionError("is nested too deeply") from None
    if tree.body.col_offset == 0 and not isinstance(tree.body, (ast.Tuple, ast.GeneratorExp)):
        raise ExpressionError("is not an expression: a bracket is closed before it is opened")
    return _node(tree.body, 0)


def _node(tree: ast.expr, depth: int) -> Node:
    if depth > DEEPEST:
        raise ExpressionError("is nested too deeply")
    match tree:
        case ast.Constant(value):
            return Constant(_value(value))
        case ast.Name(name):
            return Constant(_WORDS[name]) if name in _WORDS else ColumnOf(name)
        case ast.Attribute() | ast.Subscript():
            return _raw(tree)
        case ast.Compare():
            return _comparison(tree, depth + 1)
    name, parts = _called(tree)
    return Call(name, tuple(_node(part, depth + 1) for part in parts))


def _called(tree: ast.expr) -> tuple[str, Sequence[ast.expr]]:
    """Return the name of a function or operator, and what it is called with."""
    match tree:
        case ast.BinOp(left, operator, right):
            return _operator(operator), (left, right)
        case ast.UnaryOp(operator, operand):
            return _operator(operator), (operand,)
        case ast.BoolOp(operator, values):
            return _operator(operator), values
        case ast.IfExp(test, body, orelse):
            return "if", (test, body, orelse)
        case ast.Call():
            return _function(tree)
    raise _refused(tree)


def _value(value: object) -> Value:
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        # The shortest text that means this float is what was written, as long as a float can hold it.
        exact = Decimal(repr(value))
        if len(exact.as_tuple().digits) <= _DIGITS:
            return exact
        raise ExpressionError(f"may not hold a number of more than {_DIGITS} digits with a point")
    raise ExpressionError(f"may not hold {value!r}")


def _operator(operator: ast.AST) -> str:
    if type(operator) not in _OPERATORS:
        raise _refused(operator)
    return _OPERATORS[type(operator)]


def _refused(tree: ast.AST) -> ExpressionError:
    return ExpressionError(f"may not hold {_REFUSED.get(type(tree), type(tree).__name__)}")


def _comparison(tree: ast.Compare, depth: int) -> Node:
    """Return one comparison, or all of a chain such as 0 < x < 5 joined by `and`."""
    operands = [tree.left, *tree.comparators]
    pairs = [
        _compared(_operator(operator), left, right, depth)
        for operator, left, right in zip(tree.ops, operands, operands[1:], strict=False)
    ]
    return pairs[0] if len(pairs) == 1 else Call("and", tuple(pairs))


def _compared(operator: str, left: ast.expr, right: ast.expr, depth: int) -> Node:
    first = _node(left, depth)
    if operator in ("in", "not in"):
        if not isinstance(right, (ast.Tuple, ast.List)) or not right.elts:
            raise ExpressionError(f"needs a list behind `{operator}`: status in ('enabled', 'disabled')")
        return Call(operator, (first, *(_node(item, depth) for item in right.elts)))
    second = _node(right, depth)
    is_null = second == Constant(None)
    if operator in ("is", "is not") and not is_null:
        raise ExpressionError(f"has `{operator}` before something else than null; write == or !=")
    if is_null and operator in ("==", "is", "!=", "is not"):
        return Call("is null" if operator in ("==", "is") else "is not null", (first,))
    return Call(operator, (first, second))


def _function(tree: ast.Call) -> tuple[str, Sequence[ast.expr]]:
    if not isinstance(tree.func, ast.Name):
        raise ExpressionError("calls something that is no function of this language")
    if tree.keywords:
        raise ExpressionError(f"names an argument of {tree.func.id}; arguments have no names here")
    return f"{tree.func.id}()", tree.args


def _raw(tree: ast.expr) -> Raw:
    """Return raw.<stream>.<Field>, where each step may also stand in square brackets."""
    steps: list[str] = []
    inner: ast.expr = tree
    while True:
        match inner:
            case ast.Attribute(value, name):
                steps.insert(0, name)
            case ast.Subscript(value, ast.Constant(str(name))):
                steps.insert(0, name)
            case ast.Subscript(value, ast.Constant(int(place))) if not isinstance(place, bool):
                steps.insert(0, str(place))
            case ast.Name(name) if name == RAW:
                break
            case _:
                raise _refused(tree)
        inner = value
    if len(steps) < 2:
        raise ExpressionError("needs a field behind the stream: raw.<stream>.<Field>")
    return Raw(steps[0], tuple(steps[1:]))
