"""YAML with the line of every key, so that an error can point at it. Duplicate keys are errors."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import yaml

from include.spec.problems import ConfigError, Problem

Path_ = tuple[str | int, ...]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclasses.dataclass(frozen=True)
class Marked:
    """A YAML document: its plain data, and the line (from 1) of each path in it."""

    file: str
    data: dict[str, Any]
    lines: dict[Path_, int]

    def line(self, path: Path_) -> int:
        """Return the line of `path`, or of its nearest parent that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(path: Path, name: str) -> Marked:
    """Read the mapping in `path`; `name` is how messages call the file. Raises ConfigError with the line."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError([Problem(name, 1, "", f"cannot be read: {error.strerror}")]) from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(name, line, "", "is not UTF-8: save the file with that encoding")]) from None
    return parse(text, name)


def parse(text: str, name: str) -> Marked:
    """Parse the mapping in `text`. Raises ConfigError with the line."""
    try:
        # Inside: a loader may refuse a character before it is asked for anything.
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[Path_, int] = {(): 1}
        problems: list[Problem] = []
        data = _construct(loader, node, (), lines, problems, name) if node is not None else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError([Problem(name, line, "", f"is not YAML: {error.problem or error.context}")]) from None
    except yaml.YAMLError as error:
        # A control character.
        position = getattr(error, "position", None) or 0
        line = text.encode().count(b"\n", 0, position) + 1
        raise ConfigError([Problem(name, line, "", f"is not YAML: {str(error).splitlines()[0]}")]) from None
    except RecursionError:
        raise ConfigError([Problem(name, 1, "", "is nested too deeply, or an alias names what it stands in")]) from None
    if node is None:
        problems.append(Problem(name, 1, "", "is empty"))
    if not isinstance(data, dict):
        problems.append(Problem(name, 1, "", "must be a mapping of keys to values"))
    if problems:
        raise ConfigError(problems)
    return Marked(name, data, lines)


def _construct(
    loader: Any, node: yaml.Node, path: Path_, lines: dict[Path_, int], problems: list[Problem], name: str
) -> Any:
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            # As written: YAML reads the key `on` as true and `2` as a number.
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in result:
                first = lines[(*path, key)]
                dotted = ".".join(map(str, (*path, key)))
                problems.append(Problem(name, line, dotted, f"stands twice in this mapping (first on line {first})"))
            lines[(*path, key)] = line
            result[key] = _construct(loader, value_node, (*path, key), lines, problems, name)
        return result
    if isinstance(node, yaml.SequenceNode):
        items: list[Any] = []
        for number, item in enumerate(node.value):
            lines[(*path, number)] = item.start_mark.line + 1
            items.append(_construct(loader, item, (*path, number), lines, problems, name))
        return items
    try:
        return loader.construct_object(node, deep=True)
    except ValueError as error:
        # 2026-13-45 looks like a date and is none.
        problems.append(Problem(name, node.start_mark.line + 1, ".".join(map(str, path)), f"cannot be read: {error}"))
        return None
