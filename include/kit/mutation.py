"""Mutants of a model: small wrong changes of its SQL, each of which some unit test should notice."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from include.kit.mutation_text import clause_end, closing, masked, split, trimmed


@dataclasses.dataclass(frozen=True)
class Edit:
    """Replace what stands from `begin` to `end` of a model's text; the new text holds no Jinja."""

    begin: int
    end: int
    new: str


@dataclasses.dataclass(frozen=True)
class Source:
    """A model's text, and the same as the operators see it (`masked`)."""

    text: str
    seen: str


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One wrong change, in words, and the line (from 1) where it starts."""

    line: int
    change: str
    edits: tuple[Edit, ...]


Found: TypeAlias = tuple[str, tuple[Edit, ...]]
_WORDS = {
    "and": "or", "or": "and", "is not null": "is null", "is null": "is not null", "min": "max", "max": "min",
    "sum": "max", "bool_or": "bool_and", "bool_and": "bool_or", "desc": "asc", "left join": "inner join",
    "true": "false", "false": "true", "greatest": "least", "least": "greatest", "not": "",
    "nulls last": "nulls first", "nulls first": "nulls last",
}  # fmt: skip
_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b")
_SIGNS = {"=": "<>", "<>": "=", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "+": "-", "-": "+", "*": "/", "/": "*"}
_SIGN = re.compile(r"(?<=\s)(?:<>|<=|>=|[=<>+*/-])(?=\s)")
_NUMBER = re.compile(r"(?<![\w.$'])\d+(?:\.\d+)?(?![\w.'])")
_STATUS = {"'enabled'": "'disabled'", "'disabled'": "'enabled'"}
_CALL = re.compile(r"\bcoalesce\(")
_SELECT = re.compile(r"\bselect\b(?:\s+distinct\b(?:\s+on\s*(?=\())?)?")
_NAMED = re.compile(r"(?P<value>.+?)\s+as\s+\w+\Z|(?:\w+\.)?(?P<column>[a-z_]\w*)\Z", re.DOTALL)


def mutants(text: str) -> list[Mutant]:
    """Return every mutant of a model's text, from top to bottom."""
    found = [
        Mutant(text.count("\n", 0, edits[0].begin) + 1, words, edits)
        for words, edits in _all(Source(text, masked(text)))
    ]
    return sorted(found, key=lambda mutant: (mutant.line, mutant.edits[0].begin, mutant.change))


def _all(source: Source) -> Iterator[Found]:
    for operator in _OPERATORS:
        yield from operator(source)


def _swapped(begin: int, old: str, new: str) -> Found:
    return f"{old} -> {new or 'nothing'}", (Edit(begin, begin + len(old), new),)


def _words(source: Source) -> Iterator[Found]:
    of_between = {
        place.end() - 3 for place in re.finditer(r"\bbetween\b(?:(?!\band\b).)*\band\b", source.seen, re.DOTALL)
    }
    for found in _WORD.finditer(source.seen):
        if found.start() not in of_between:
            yield _swapped(found.start(), found.group(), _WORDS[found.group()])


def _signs(source: Source) -> Iterator[Found]:
    for found in _SIGN.finditer(source.seen):
        if not re.search(r"\bselect\s*\Z", source.seen[: found.start()]):
            yield _swapped(found.start(), found.group(), _SIGNS[found.group()])


def _literals(source: Source) -> Iterator[Found]:
    for found in _NUMBER.finditer(source.seen):
        # The digits of a type are no numbers of a rule.
        if not re.search(r"(?:numeric|varchar)\([\d,\s]*\Z", source.seen[: found.start()]):
            old = found.group()
            new = str(int(old) + 1) if old.isdigit() else f"({old} + 1)"
            yield _swapped(found.start(), old, new)
    for found in re.finditer(r"'s+'", source.seen):
        if (old := source.text[found.start() : found.end()]) in _STATUS:
            yield _swapped(found.start(), old, _STATUS[old])


def _fallbacks(source: Source) -> Iterator[Found]:
    for found in _CALL.finditer(source.seen):
        end = closing(source.seen, found.end() - 1)
        spans = list(split(source.seen, found.end(), end, ","))
        whole = _short(source.text[found.start() : end + 1])
        first, second = spans[0], spans[1]
        bare = Edit(found.start(), found.end(), "(")
        yield f"{whole} -> its first", (bare, Edit(first[1], end, ""))
        rest = "(" if len(spans) == 2 else "coalesce("
        yield f"{whole} -> without its first", (Edit(found.start(), second[0], rest),)


def _conditions(source: Source) -> Iterator[Found]:
    for found in re.finditer(r"\bwhere\b", source.seen):
        end = clause_end(source.seen, found.end())
        if len(list(split(source.seen, found.end(), end, r"\bor\b"))) > 1:
            continue
        for span in split(source.seen, found.end(), end, r"\band\b"):
            begin, end_of_it = trimmed(source.seen, *span)
            yield f"where {_short(source.text[begin:end_of_it])} -> dropped", (Edit(begin, end_of_it, "true"),)


def _columns(source: Source) -> Iterator[Found]:
    for found in _SELECT.finditer(source.seen):
        begin = (
            closing(source.seen, found.end()) + 1 if source.seen[found.end() : found.end() + 1] == "(" else found.end()
        )
        for span in split(source.seen, begin, clause_end(source.seen, begin), ","):
            start, end = trimmed(source.seen, *span)
            named = _NAMED.match(source.seen, start, end)
            if named is None or source.seen.startswith("cast(null", start):
                continue
            column = named.group("column")
            close = start + len(named.group("value")) if column is None else end
            after = " end" if column is None else f" end as {column}"
            edits = (Edit(start, start, "case when false then "), Edit(close, close, after))
            yield f"{_short(source.text[start:end])} -> null", edits


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 70 else f"{line[:67]}..."


_OPERATORS: tuple[Callable[[Source], Iterator[Found]], ...] = (
    _words, _signs, _literals, _fallbacks, _conditions, _columns,
)  # fmt: skip
