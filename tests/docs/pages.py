"""What a page of the documentation names: links, paths of the checkout, commands."""

import re
from collections.abc import Iterator
from pathlib import Path

from include.cli.__main__ import parser
from include.local import checks

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# A path of the checkout, or of the dbt project, which the mapping guide writes without its folder.
_TOP = "dags|plugins|dag_configs|connectors|include|dbt_project|tests|docs|models|macros"
_PATH = re.compile(rf"(?<![\w./…-])((?:{_TOP})/[^\s`'\"(),;:|]*)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_COMMAND = re.compile(r"\./run(?: +([a-z]+))?(?: +([a-z][a-z-]*))?")
_PLACEHOLDERS = re.compile("[<>*…\u2039\u203a{}]")


def problems(page: Path, text: str) -> Iterator[str]:
    """Say what a page names that is not there."""
    yield from _broken_links(page, text)
    for code in _CODE.findall(text):
        for path in _PATH.findall(code):
            if not _PLACEHOLDERS.search(path) and not _exists(path.rstrip(".")):
                yield f"names {path}, which does not exist"
        for command, word in _COMMAND.findall(code):
            yield from _unknown_command(command, word)


def _exists(path: str) -> bool:
    return (ROOT / path).exists() or (ROOT / "dbt_project" / path).exists()


def _broken_links(page: Path, text: str) -> Iterator[str]:
    for link in _LINK.findall(_CODE.sub("", text)):
        place, _, anchor = link.partition("#")
        if place.startswith(("http:", "https:", "mailto:")):
            continue
        target = page.parent / place if place else page
        if place and not target.exists():
            yield f"links to {place}, which does not exist"
        elif anchor and anchor not in _anchors(text if target == page else target.read_text()):
            yield f"links to {link}, and there is no such heading"


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _unknown_command(command: str, word: str) -> Iterator[str]:
    known = re.findall(r"^  ([a-z]+) {2,}", (ROOT / "run").read_text(), re.MULTILINE)
    if command and command not in known:
        yield f"names ./run {command}, which is no command"
    if command == "cli" and word and word not in cli_commands():
        yield f"names ./run cli {word}, which is no command"
    if command == "check" and word and word not in {part.name for part in checks.parts(ROOT)}:
        yield f"names ./run check {word}, which is no check"


def cli_commands() -> set[str]:
    """Return the commands of `./run cli`."""
    (commands,) = [action.choices for action in parser()._actions if isinstance(action.choices, dict)]
    return set(commands)


def mapping_reasons() -> set[str]:
    """Return every reason that a mapping can put into quarantine."""
    models = (ROOT / "dbt_project" / "models").rglob("*.sql")
    found = (re.findall(r"\"(?:blocked|waiting|warning)\|\w+\|([^\"|]+)\"", path.read_text()) for path in models)
    return {reason for reasons in found for reason in reasons}


def landing_reasons() -> set[str]:
    """Return every reason for which a record cannot be landed."""
    calls = re.compile(r"(?:BadRecord|Unlandable)\([^\n]*?\"([^\"\n]+)\", [^\"\n]+\)")
    places = (ROOT / "include/engine/records.py", ROOT / "include/warehouse/landing.py")
    return {reason for path in places for reason in calls.findall(path.read_text())}
