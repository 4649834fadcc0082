"""The reference of all keys of the YAML files, made from their models: docs/reference-yaml.md."""

from __future__ import annotations

import ast
import functools
import inspect
import json
import sys
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pydantic
from pydantic.fields import FieldInfo

from include.contract.errors import PlatformBug
from include.spec.coupling import Coupling, Webshop
from include.spec.manifest import Manifest
from include.spec.objects import OBJECTS, ObjectName

FILES: tuple[tuple[str, type[pydantic.BaseModel]], ...] = (
    ("dag_configs/&lt;webshop&gt;/webshop.yaml", Webshop),
    ("dag_configs/&lt;webshop&gt;/&lt;connector&gt;.yaml", Coupling),
    ("connectors/&lt;connector&gt;/manifest.yaml", Manifest),
)
_WORDS: dict[Any, str] = {
    str: "text", int: "whole number", float: "number", bool: "true or false", ObjectName: "object",
    Any: "anything",
}  # fmt: skip
_INTRODUCTION = f"""# Reference of the YAML files

Generated from the models in `include/spec` by `./run cli docs`. Change the sentences there.
What the keys are for, with examples: [connector guide](connector-guide.md).

Unknown keys are errors. Values are not converted: `"5"` is not a number.
An *object* is one of {", ".join(f"`{name}`" for name in OBJECTS)}.
A *name* is a-z, 0-9 and _, and begins with a letter.
A manifest may have a mapping `defaults`: it is laid under each stream. `key: null` in a stream takes a default away.
"""


def render() -> str:
    """Return the page. Raises PlatformBug naming a key that has no sentence."""
    parts = [_INTRODUCTION]
    shown: set[type[pydantic.BaseModel]] = set()
    for file, root in FILES:
        parts.append(f"## {file}\n")
        for model in reached(root):
            if model not in shown:
                shown.add(model)
                parts.append(_section(model))
    return "\n".join(parts)


def reached(model: type[pydantic.BaseModel]) -> Iterator[type[pydantic.BaseModel]]:
    """Yield the model and those inside it, in the order of their keys."""
    yield model
    for field in model.model_fields.values():
        for inside in _models(field.annotation):
            yield from reached(inside)


def _models(annotation: Any) -> list[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]


def _section(model: type[pydantic.BaseModel]) -> str:
    table = ["| key | value | if left out | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        kind = _kind(field.annotation, field.metadata)
        meaning = sentence(model, name, field).replace("|", "\\|")
        table.append(f"| `{name}` | {kind} | {_default(field)} | {meaning} |")
    return "\n".join([f"### {model.__name__}", "", inspect.cleandoc(model.__doc__ or ""), "", *table, ""])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.default
    if value in (None, "", {}, []):
        return "nothing"
    if isinstance(value, pydantic.BaseModel):
        value = value.model_dump()
    return f"`{json.dumps(value)}`"


def _kind(annotation: Any, metadata: list[Any]) -> str:
    """Say in words what may stand there."""
    if get_origin(annotation) is Annotated:
        annotation, *metadata = get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if annotation in _WORDS:
        named = any("pattern" in str(item) for item in metadata)
        return ("name" if named else _WORDS[annotation]) + "".join(_limit(item) for item in metadata)
    return _composed(get_origin(annotation), get_args(annotation))


def _composed(origin: Any, arguments: tuple[Any, ...]) -> str:
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in arguments)
    inside = [_kind(item, []) for item in arguments if item is not type(None)]
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(inside))
    return f"list of {inside[0]}" if origin is list else f"mapping of {inside[0]} to {inside[1]}"


def _limit(metadata: Any) -> str:
    """Say a limit of a value; a nested FieldInfo carries its own list of them."""
    if isinstance(metadata, FieldInfo):
        return "".join(_limit(item) for item in metadata.metadata)
    for name, words in (("gt", "above"), ("ge", "from"), ("max_length", "at most"), ("min_length", "at least")):
        if getattr(metadata, name, None) is not None:
            return f" {words} {getattr(metadata, name)}" + (" characters" if "length" in name else "")
    return ""


def sentence(model: type[pydantic.BaseModel], name: str, field: FieldInfo) -> str:
    """Return what a key means. Raises PlatformBug where nobody wrote it down."""
    if name == "type" and get_origin(field.annotation) is Literal:
        return "Says which kind this is."
    # A key that several kinds have in common stands, with its sentence, in the class below them.
    classes = (_sentences(each.__module__).get((each.__name__, name)) for each in model.__mro__ if each is not object)
    found = next(filter(None, classes), None)
    if found is None:
        where = f"{model.__module__}.{model.__name__}.{name}"
        raise PlatformBug(f"{where} has no sentence", next_step="Write one below it.")
    return found


@functools.cache
def _sentences(module: str) -> dict[tuple[str, str], str]:
    """Return the text that stands below each field of a module's models.

    Read from the source: pydantic can do it too, but then every process that loads a manifest pays for it.
    """
    found: dict[tuple[str, str], str] = {}
    for model in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(model, ast.ClassDef):
            for field, below in zip(model.body, model.body[1:], strict=False):
                text = ast.get_docstring(ast.Module([below], []))
                if text and isinstance(field, ast.AnnAssign):
                    found[model.name, ast.unparse(field.target)] = " ".join(text.split())
    return found
