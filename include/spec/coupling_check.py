"""What the shape of a coupling's YAML cannot say: names that must agree, settings the manifest knows, crons."""

from __future__ import annotations

import math
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from include.spec.columns import LINES
from include.spec.consolidation_check import check_consolidation, check_contributors
from include.spec.coupling import Coupling, Webshop
from include.spec.manifest import Manifest, Setting
from include.spec.marked_yaml import Marked, Path_
from include.spec.problems import Problem, nearest
from include.spec.schedule import spread

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "mapping": (dict,),
}
# Objects whose rows come from one coupling of a webshop: an order is bought and received in one place, a recipe is one
# system's word.
_SINGLE = ("product_compositions", "buy_orders", "receipt_lines")

PUSH_CRON = "buy_orders.push_cron"


def check_coupling(coupling: Coupling, manifest: Manifest, marked: Marked, expected: str) -> list[Problem]:
    """Return everything wrong with the coupling beyond its shape."""
    problems: list[Problem] = []

    def add(path: Path_, message: str) -> None:
        problems.append(Problem(marked.file, marked.line(path), ".".join(map(str, path)), message))

    if coupling.coupling != expected:
        add(("coupling",), f"'{coupling.coupling}' must be '{expected}', the name of its folder and file")
    if coupling.role == "secondary" and coupling.match_key is None:
        add(("role",), "a secondary coupling needs match_key: ean, sku or remote_id")
    for name, switch in coupling.objects.items():
        if name not in manifest.objects:
            add(("objects", name), f"{manifest.title} has no {name}.{nearest(name, manifest.objects)}")
        if switch.lines is not None and name not in LINES:
            add(("objects", name, "lines"), f"{name} have no lines; {' and '.join(LINES)} have")
    _check_schedules(coupling, add)
    _check_settings(coupling.settings, manifest, add)
    return problems


def _check_schedules(coupling: Coupling, add: Any) -> None:
    push_cron = coupling.settings.get(PUSH_CRON)
    if isinstance(push_cron, str):
        try:
            spread(push_cron, coupling.coupling)
        except ValueError as error:
            add(("settings", PUSH_CRON), str(error))
    for number, schedule in enumerate(coupling.schedules):
        try:
            spread(schedule.cron, coupling.coupling)
        except ValueError as error:
            add(("schedules", number, "cron"), str(error))
        for place, name in enumerate(schedule.objects or []):
            if name not in coupling.objects:
                add(("schedules", number, "objects", place), f"'{name}' is not among this coupling's objects")


def _check_settings(given: dict[str, Any], manifest: Manifest, add: Any) -> None:
    for key, value in given.items():
        if key not in manifest.settings:
            add(("settings", key), f"is not a setting of {manifest.title}.{nearest(key, manifest.settings)}")
        else:
            message = wrong_value(value, manifest.settings[key])
            if message:
                add(("settings", key), message)
    for key, setting in manifest.settings.items():
        if setting.required and given.get(key) is None:
            add(("settings",), f"'{key}' is required and missing: {setting.help}")


def wrong_value(value: Any, setting: Setting) -> str | None:
    """Say what is wrong with a setting's value, or None."""
    expected = _TYPES[setting.type]
    if value is None:
        return None if setting.default is None else f"must be a {setting.type}, not empty"
    if not isinstance(value, expected) or (isinstance(value, bool) and setting.type != "boolean"):
        return f"must be a {setting.type}, not {value!r}"
    if isinstance(value, dict):
        return _wrong_member(value, setting)
    if setting.choices and value not in setting.choices:
        return f"cannot be {value!r}.{nearest(str(value), setting.choices)}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"must be a {setting.type}, not {value!r}"
    return None


def _wrong_member(given: dict[str, Any], setting: Setting) -> str | None:
    """Say what is wrong with the values of a mapping, or None; each number is a factor, so zero means nothing."""
    for key, value in given.items():
        if not isinstance(value, _TYPES[setting.values]) or isinstance(value, bool):
            return f"must give a {setting.values} for '{key}', not {value!r}"
        if isinstance(value, int | float) and not 0 < value < math.inf:
            return f"must give a number above zero for '{key}', not {value!r}"
        if setting.choices and value not in setting.choices:
            return f"cannot be {value!r} for '{key}'.{nearest(str(value), setting.choices)}"
    return None


def check_webshop(webshop: Webshop, marked: Marked, folder: str) -> list[Problem]:
    """Return everything wrong with a webshop's file beyond its shape."""
    problems: list[Problem] = []
    if webshop.webshop != folder:
        message = f"'{webshop.webshop}' must be '{folder}', the name of its folder"
        problems.append(Problem(marked.file, marked.line(("webshop",)), "webshop", message))
    try:
        ZoneInfo(webshop.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        message = f"'{webshop.time_zone}' is not a time zone such as Europe/Amsterdam"
        problems.append(Problem(marked.file, marked.line(("time_zone",)), "time_zone", message))
    for name in _SINGLE:
        if len(webshop.owners_of(name)) > 1:
            message = f"{name} can have one owner"
            problems.append(Problem(marked.file, marked.line(("owners", name)), f"owners.{name}", message))
    for name in webshop.owners:
        if len(set(webshop.owners_of(name))) < len(webshop.owners_of(name)):
            message = "names a coupling twice"
            problems.append(Problem(marked.file, marked.line(("owners", name)), f"owners.{name}", message))
    return problems + check_consolidation(webshop, marked)


def check_owners(webshop: Webshop, marked: Marked, couplings: list[str]) -> list[Problem]:
    """Return the owners that have no file in the webshop's folder; `couplings` are the files that are there."""
    problems: list[Problem] = []
    for name in webshop.owners:
        for coupling in webshop.owners_of(name):
            if coupling not in couplings:
                message = f"there is no coupling file '{coupling}.yaml' here.{nearest(coupling, couplings)}"
                problems.append(Problem(marked.file, marked.line(("owners", name)), f"owners.{name}", message))
    return problems + check_contributors(webshop, marked, couplings)


def check_ownership(webshop: Webshop, marked: Marked, brought: dict[str, tuple[str, ...]]) -> list[Problem]:
    """Return what is brought and not owned, and what is owned and not brought; `brought`: coupling -> its objects."""
    problems: list[Problem] = []
    for coupling, objects in sorted(brought.items()):
        for name in objects:
            if coupling not in webshop.owners_of(name) + webshop.contributors_of(name):
                message = f"{coupling} brings {name} and is not among its owners: it would land and never be mapped"
                problems.append(Problem(marked.file, marked.line(("owners", name)), f"owners.{name}", message))
    for name in webshop.owners:
        for coupling in webshop.owners_of(name):
            if coupling in brought and name not in brought[coupling]:
                message = f"{coupling} does not bring {name}: switch it on there, or name another owner"
                problems.append(Problem(marked.file, marked.line(("owners", name)), f"owners.{name}", message))
    for name in webshop.consolidation:
        for place, coupling in enumerate(webshop.contributors_of(name)):
            if coupling in brought and name not in brought[coupling]:
                path: Path_ = ("consolidation", name, "contributors", place)
                message = f"{coupling} does not bring {name}: switch it on there, or take it away here"
                problems.append(Problem(marked.file, marked.line(path), ".".join(map(str, path)), message))
    return problems
