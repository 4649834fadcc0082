"""What the shape of `consolidation` in webshop.yaml cannot say: couplings, fields and keys that must agree."""

from __future__ import annotations

from collections.abc import Iterator

from include.spec.consolidation import FIELDS, MATCH_KEYS, Consolidation
from include.spec.coupling import Webshop
from include.spec.marked_yaml import Marked, Path_
from include.spec.problems import Problem, nearest

Finding = tuple[Path_, str]


def check_consolidation(webshop: Webshop, marked: Marked) -> list[Problem]:
    """Return everything wrong with how a webshop's sources are joined, as far as its own file can tell."""
    found: list[Finding] = []
    for name in MATCH_KEYS:
        if len(webshop.owners_of(name)) > 1 and name not in webshop.consolidation:
            message = f"several owners of {name} need consolidation.{name}.match_key: which of their records are one"
            found.append((("owners", name), message))
    for name, rule in webshop.consolidation.items():
        found += _sources(name, webshop.owners_of(name), rule)
        found += _fields(name, webshop.owners_of(name), rule)
    return [Problem(marked.file, marked.line(path), ".".join(map(str, path)), message) for path, message in found]


def _sources(name: str, owners: list[str], rule: Consolidation) -> Iterator[Finding]:
    path: Path_ = ("consolidation", name)
    if rule.match_key not in MATCH_KEYS[name]:
        message = f"{name} cannot be matched by '{rule.match_key}'.{nearest(rule.match_key, MATCH_KEYS[name])}"
        yield (*path, "match_key"), message
    if not owners:
        yield path, f"{name} has no owner: contributors add to rows that an owner makes"
    elif len(owners) < 2 and not rule.contributors:
        yield path, f"{name} has one source: name another owner, or contributors"
    for place, coupling in enumerate(rule.contributors):
        if coupling in owners:
            yield (*path, "contributors", place), f"'{coupling}' is an owner of {name} already; it is one or the other"
        if coupling in rule.contributors[:place]:
            yield (*path, "contributors", place), f"'{coupling}' stands here twice"


def _fields(name: str, owners: list[str], rule: Consolidation) -> Iterator[Finding]:
    sources = [*owners, *rule.contributors]
    for field, couplings in rule.fields.items():
        path: Path_ = ("consolidation", name, "fields", field)
        if field not in FIELDS[name]:
            yield path, f"is not a field of {name}.{nearest(field, FIELDS[name])}"
        for place, coupling in enumerate(couplings):
            if coupling not in sources:
                message = f"'{coupling}' is neither owner nor contributor of {name}.{nearest(coupling, sources)}"
                yield (*path, place), message
            if coupling in couplings[:place]:
                yield (*path, place), f"'{coupling}' stands here twice"
    used = {coupling for couplings in rule.fields.values() for coupling in couplings}
    for place, coupling in enumerate(rule.contributors):
        if coupling not in used:
            path = ("consolidation", name, "contributors", place)
            yield path, f"'{coupling}' adds no field: name it under fields"


def check_contributors(webshop: Webshop, marked: Marked, couplings: list[str]) -> list[Problem]:
    """Return the contributors that have no file in the webshop's folder; `couplings` are the files that are there."""
    return [
        Problem(marked.file, marked.line(path), ".".join(map(str, path)), message)
        for name, rule in webshop.consolidation.items()
        for place, coupling in enumerate(rule.contributors)
        if coupling not in couplings
        for path in [("consolidation", name, "contributors", place)]
        for message in [f"there is no coupling file '{coupling}.yaml' here.{nearest(coupling, couplings)}"]
    ]
