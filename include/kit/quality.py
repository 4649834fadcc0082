"""The checklist of quality: what no schema asks for and support misses at night."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from include.kit.checkout import Connector
from include.kit.finding import Finding

_WORDS = 2
_HOOK_LINES = 60
_SECTIONS = ("Limits", "Traps")
_ALSO = {"product_compositions": ("compositions",), "receipt_lines": ("receipts",)}
_NO_LIMIT = ("no known limit", "none are published")
_COMMENT = re.compile(r"^\s*#\s+\S+(\s+\S+){3,}")


def _readme(connector: Connector) -> Iterator[Finding]:
    path = connector.folder / "README.md"
    file = connector.short(path)
    if not path.exists():
        yield Finding(file, 1, "is missing: what it brings, its limits, deletions and traps")
        return
    text = path.read_text("utf-8")
    for section in _SECTIONS:
        line = next((number for number, words in enumerate(text.splitlines(), 1) if _begins(words, section)), None)
        yield Finding(file, line or 1, "" if line else f"has no section '## {section}'")
    flat = " ".join(text.lower().split())
    for name in connector.manifest.objects:
        told = any(word in flat for word in (name, name.replace("_", " "), *_ALSO.get(name, ())))
        yield Finding(file, 1, "" if told else f"does not say what becomes of {name}")


def _settings(connector: Connector) -> Iterator[Finding]:
    file = connector.short(connector.manifest_file)
    for key in connector.marked.data.get("settings", {}):
        setting = connector.manifest.settings[key]
        line = connector.line("settings", key)
        stated = ("settings", key, "default") in connector.marked.lines
        yield Finding(file, line, _not_a_sentence(setting.help, f"the help of '{key}'"))
        if not setting.required and not stated:
            yield Finding(file, line, f"'{key}' states neither default (null = none) nor required")


def _budgets(connector: Connector) -> Iterator[Finding]:
    file = connector.short(connector.manifest_file)
    text = _section(connector, "Limits")
    known = connector.manifest.client.budgets or any(words in text.lower() for words in _NO_LIMIT)
    fault = "no budget: state the remote's limits, or 'no known limit' under '## Limits' in the README"
    yield Finding(file, connector.line("client", "budgets"), "" if known else fault)


def _errors(connector: Connector) -> Iterator[Finding]:
    file = connector.short(connector.manifest_file)
    rules = connector.manifest.client.errors
    if not rules:
        yield Finding(file, connector.line("client"), "no error rules: say what 403 and the like mean to support")
    for place, rule in enumerate(rules):
        fault = _not_a_sentence(rule.next_step or "", "next_step")
        yield Finding(file, connector.line("client", "errors", place), fault)


def _deletions(connector: Connector) -> Iterator[Finding]:
    """Every object needs a stream that tells what is gone, or a word in the README on why there is none."""
    file = connector.short(connector.manifest_file)
    streams = connector.manifest.streams
    buried = {kind for stream in streams.values() if stream.tombstones for kind in stream.tombstones.streams.values()}
    said = _section(connector, "Deletions")
    for name, made in connector.manifest.objects.items():
        own = [*made.streams, *made.reads]
        told = any(streams[stream].deletions == "snapshot" or stream in buried for stream in own)
        fault = f"nothing tells which {name} are gone: deletions, tombstones, or the reason under '## Deletions'"
        yield Finding(file, connector.line("objects", name), "" if told or name in said else fault)


def _traps(connector: Connector) -> Iterator[Finding]:
    """The guide asks for the trap beside the key that answers it; a manifest without any comment has none written."""
    lines = connector.manifest_file.read_text("utf-8").splitlines()
    comments = [number for number, line in enumerate(lines, 1) if _COMMENT.match(line) and "$schema" not in line]
    wanted = max(2, len(connector.manifest.streams) // 3)
    fault = f"{len(comments)} comments for {len(connector.manifest.streams)} streams: write the traps beside their keys"
    yield Finding(
        connector.short(connector.manifest_file),
        comments[0] if comments else 1,
        fault if len(comments) < wanted else "",
    )


def _hooks(connector: Connector) -> Iterator[Finding]:
    """A hook is a small pure function with the fact that forces it in its docstring."""
    path = connector.folder / "hooks.py"
    if not path.exists():
        return
    file, text = connector.short(path), path.read_text("utf-8")
    long = len(text.splitlines()) > _HOOK_LINES
    yield Finding(file, 1, f"longer than {_HOOK_LINES} lines: hooks are small" if long else "")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            bare = not ast.get_docstring(node)
            yield Finding(file, node.lineno, f"{node.name} has no docstring: name the API's fact" if bare else "")


def _not_a_sentence(text: str, what: str) -> str:
    if len(text.split()) < _WORDS or text.rstrip()[-1:] not in (".", "!", "?"):
        return f"{what} is no sentence that support can act on: {text!r}"
    return ""


def _section(connector: Connector, title: str) -> str:
    """Return the text of a README's section, which begins with a heading or with its title in bold."""
    path = connector.folder / "README.md"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    start = next((number for number, line in enumerate(lines) if _begins(line, title)), len(lines))
    inside = lines[start : start + 1]
    for line in lines[start + 1 :]:
        if line.startswith(("## ", "**")):
            break
        inside.append(line)
    return "\n".join(inside)


def _begins(line: str, title: str) -> bool:
    return line.startswith((f"## {title}", f"**{title}"))


CHECKS: dict[str, Callable[[Connector], Iterator[Finding]]] = {
    "the README says what it brings, its limits and traps": _readme,
    "each setting has a help sentence and states its default": _settings,
    "the remote's limits are stated": _budgets,
    "error rules end in a sentence on what to do": _errors,
    "each object tells what is gone": _deletions,
    "traps are commented": _traps,
    "hooks are small and say why": _hooks,
}
