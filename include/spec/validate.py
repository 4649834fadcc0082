"""Turn pydantic's findings into problems with file, line, key and nearest valid key."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

import pydantic

from include.spec.marked_yaml import Marked
from include.spec.problems import ConfigError, Problem, nearest


class Strict(pydantic.BaseModel):
    """Base of all YAML models: unknown keys are errors, values are not coerced, objects are frozen."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)


Model = TypeVar("Model", bound=Strict)


def validate(model: type[Model], marked: Marked, data: dict[str, Any] | None = None) -> Model:
    """Build `model` from the document (or from `data` derived from it). Raises ConfigError naming every place."""
    try:
        return model.model_validate(marked.data if data is None else data)
    except pydantic.ValidationError as error:
        raise ConfigError([_problem(model, marked, finding) for finding in error.errors()]) from None


def _problem(model: type[Strict], marked: Marked, finding: Any) -> Problem:
    path = _path_in(marked.data, finding["loc"])
    key = ".".join(str(part) for part in path)
    line = marked.line(path)
    kind = finding["type"]
    if kind == "extra_forbidden":
        return Problem(marked.file, line, key, f"is not a known key.{nearest(str(path[-1]), keys_at(model, path[:-1]))}")
    if kind == "missing":
        return Problem(marked.file, line, key, "is required and missing")
    if kind in ("literal_error", "enum"):
        valid = [word.strip("' ") for word in finding["ctx"]["expected"].replace(" or ", ",").split(",")]
        return Problem(marked.file, line, key, f"cannot be '{finding['input']}'.{nearest(str(finding['input']), valid)}")
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        expected = finding["ctx"].get("expected_tags", "")
        valid = [word.strip("' ") for word in expected.split(",") if word]
        tag = str(finding["ctx"].get("tag", ""))
        return Problem(marked.file, line, key, f"type '{tag}' is not known.{nearest(tag, valid)}")
    return Problem(marked.file, line, key, finding["msg"].removeprefix("Value error, "))


def _path_in(data: Any, location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Drop the steps that pydantic adds for a union's tag: they stand in no file."""
    path: list[str | int] = []
    for number, part in enumerate(location):
        last = number == len(location) - 1
        present = (isinstance(data, dict) and part in data) or (isinstance(data, list) and isinstance(part, int))
        if present:
            path.append(part)
            data = data[part]  # type: ignore[index]
        elif last:
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
