"""A model's text as the mutation operators see it: SQL alone, with everything else blanked at the same length."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PARTS = re.compile(
    r"""(?P<nothing>\{\#.*?\#\}|\{%.*?%\}|--[^\n]*|/\*.*?\*/)
      | (?P<expression>\{\{(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?!\}\}).)*\}\})
      | (?P<string>'(?:[^']|'')*')
      | (?P<name>"[^"]*")""",
    re.VERBOSE | re.DOTALL,
)
# The condition of a problem (macro `problems`) is SQL that stands in a string of Jinja.
_CONDITION = re.compile(r"""\["(?P<sql>[^"]*)",\s*"(?:blocked|waiting|warning)\|""")
_CLAUSES = re.compile(r"\b(?:group by|order by|having|window|union|limit|where|from)\b")


def masked(text: str) -> str:
    """Return the text with comments blank, and Jinja, strings and quoted names as words without meaning."""
    return _PARTS.sub(_mask, text)


def _mask(found: re.Match[str]) -> str:
    part = found.group()
    if found.lastgroup == "nothing":
        return re.sub(r"[^\n]", " ", part)
    if found.lastgroup in ("string", "name"):
        return part[0] + re.sub(r"[^\n]", "s", part[1:-1]) + part[-1]
    hidden = list(re.sub(r"[^\n]", "j", part))
    for condition in _CONDITION.finditer(part):
        begin, end = condition.span("sql")
        hidden[begin:end] = masked(part[begin:end])
        hidden[begin - 1] = hidden[end] = " "
    return "".join(hidden)


def closing(text: str, opening: int) -> int:
    """Return where the parenthesis that opens at `opening` closes; the end of the text when it does not."""
    depth = 0
    for place in range(opening, len(text)):
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return len(text)


def clause_end(text: str, begin: int) -> int:
    """Return where the clause that starts at `begin` ends: at the next clause, or with what it stands in."""
    place = begin
    while place < len(text):
        if text[place] in "([":
            place = closing(text, place)
        elif text[place] in ")]" or (place > begin and _CLAUSES.match(text, place) and not text[place - 1].isalnum()):
            return place
        place += 1
    return len(text)


def split(text: str, begin: int, end: int, separator: str) -> Iterator[tuple[int, int]]:
    """Yield the spans between separators (a regular expression) that stand in no parenthesis, case or between."""
    word = re.compile(rf"(?P<separator>{separator})|\b(?P<case>case)\b|\b(?P<end>end)\b|\b(?P<between>between)\b")
    place, since, cases, betweens = begin, begin, 0, 0
    while place < end:
        found = word.match(text, place)
        if text[place] in "([":
            place = closing(text, place)
        elif found and found.lastgroup == "separator" and not cases:
            if betweens and found.group() == "and":
                betweens -= 1
            else:
                yield since, place
                since = found.end()
            place = found.end() - 1
        elif found:
            cases += {"case": 1, "end": -1}.get(found.lastgroup or "", 0)
            betweens += found.lastgroup == "between" and not cases
            place = found.end() - 1
        place += 1
    yield since, end


def trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    """Return the span without the blanks at its ends."""
    while begin < end and text[begin].isspace():
        begin += 1
    while begin < end and text[end - 1].isspace():
        end -= 1
    return begin, end
