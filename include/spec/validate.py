"""Turn pydantic's findings into problems with file, line, key and nearest valid key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar, get_args

import pydantic

from include.spec.marked_yaml import Marked, Path_
from include.spec.problems import ConfigError, Problem, nearest


class Strict(pydantic.BaseModel):
    """Base of all YAML models: unknown keys are errors, values are not coerced, objects are frozen."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)


Name = Annotated[str, pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")]
Scalar = str | int | float | bool | None
_TYPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "empty",
}
Model = TypeVar("Model", bound=Strict)


def validate(model: type[Model], marked: Marked) -> Model:
    """Build `model` from the document. Raises ConfigError naming every place."""
    try:
        return model.model_validate(marked.data)
    except pydantic.ValidationError as error:
        raise ConfigError(_problems(model, marked, error.errors())) from None


def _problems(model: type[Strict], marked: Marked, findings: Sequence[Any]) -> list[Problem]:
    """Return one problem per place: pydantic tells of each member of a union, which stand for one fault."""
    places: dict[Path_, list[Any]] = {}
    for finding in findings:
        places.setdefault(_path_in(marked.data, finding), []).append(finding)
    return [
        _problem(model, marked, path, found)
        for path, found in places.items()
        # Where a member of a union fits so far that something inside is wrong, the other members say nothing.
        if found[0]["loc"][-1:] == ("[key]",)
        or not any(path == other[: len(path)] for other in places if other != path)
    ]


def _problem(model: type[Strict], marked: Marked, path: Path_, findings: list[Any]) -> Problem:
    kinds = {finding["type"]: finding for finding in findings}
    if "extra_forbidden" in kinds:
        message = f"is not a known key.{nearest(str(path[-1]), keys_at(model, path[:-1]))}"
    elif "missing" in kinds:
        message = "is required and missing"
    elif "literal_error" in kinds:
        given, context = str(kinds["literal_error"]["input"]), kinds["literal_error"]["ctx"]
        message = f"cannot be '{given}'.{nearest(given, _words(context['expected']))}"
    elif "union_tag_invalid" in kinds:
        tag, path = str(kinds["union_tag_invalid"]["ctx"]["tag"]), (*path, "type")
        message = f"cannot be '{tag}'.{nearest(tag, _words(kinds['union_tag_invalid']['ctx']['expected_tags']))}"
    elif "union_tag_not_found" in kinds:
        path, message = (*path, "type"), "is required and missing"
    else:
        message = _wrong_type(findings)
    return Problem(marked.file, marked.line(path), ".".join(map(str, path)), message)


def _wrong_type(findings: list[Any]) -> str:
    """Return pydantic's sentence, or what the members of a union want, in one."""
    given = findings[0]["input"]
    for finding in findings:
        if finding["type"] == "string_pattern_mismatch":
            return f"'{given}' must match {finding['ctx']['pattern']}"
        if finding["type"] not in _TYPES:
            return str(finding["msg"])
    wanted = dict.fromkeys(_TYPES[finding["type"]] for finding in findings)
    if "a number" in wanted:
        wanted.pop("a whole number", None)
    kind = {dict: "a mapping", list: "a list", type(None): "empty"}.get(type(given), f"'{given}'")
    return f"must be {' or '.join(wanted)}, not {kind}"


def _words(expected: str) -> list[str]:
    return [word.strip("' ") for word in expected.replace(" or ", ",").split(",")]


def _path_in(data: Any, finding: Any) -> Path_:
    """Return where in the file a finding is: without the steps that pydantic adds for members of unions."""
    path: list[str | int] = []
    location = finding["loc"]
    for number, part in enumerate(location):
        present = (isinstance(data, dict) and part in data) or (isinstance(data, list) and isinstance(part, int))
        if present:
            path.append(part)
            data = data[part]
        elif finding["type"] == "missing" and number == len(location) - 1:
            path.append(part)
    return tuple(path)


def keys_at(model: Any, path: tuple[str | int, ...]) -> list[str]:
    """Return the keys that the model allows at `path` (empty where any key goes)."""
    models = _models(model)
    for part in path:
        found: list[type[pydantic.BaseModel]] = []
        for candidate in models:
            field = _fields(candidate).get(str(part))
            if field is not None:
                found += _models(field.annotation)
        # A step that is an index or a free key stays inside the same models.
        models = found or models
    return sorted({name for candidate in models for name in _fields(candidate)})


def _fields(model: type[pydantic.BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models(annotation: Any) -> list[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return [annotation]
    return [model for arg in get_args(annotation) for model in _models(arg)]
