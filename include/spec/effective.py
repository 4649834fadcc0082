"""The configuration of a coupling that is in effect, each value with the file and line that says so."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from include.spec import canonical, marked_yaml
from include.spec.load import CONFIGS, CONNECTORS, WEBSHOP_FILE, CouplingConfig
from include.spec.marked_yaml import Marked, Path_


@dataclasses.dataclass(frozen=True)
class Value:
    """What is in effect, and where that stands; `is_default` where nobody chose it."""

    group: str
    name: str
    value: str
    file: str
    line: int
    is_default: bool
    help: str = ""

    @property
    def place(self) -> str:
        """Return file and line, as editors take them."""
        return f"{self.file}:{self.line}"


def effective(config: CouplingConfig, configs: Path = CONFIGS, connectors: Path = CONNECTORS) -> list[Value]:
    """Return all of a coupling's values: what it is, its objects, schedules, settings and overrides. Holds no secret.

    Raises ConfigError where a file went away.
    """
    own = marked_yaml.load(configs / config.file.partition("/")[2], config.file)
    folder = config.webshop.webshop
    shop = marked_yaml.load(configs / folder / WEBSHOP_FILE, f"{configs.name}/{folder}/{WEBSHOP_FILE}")
    kind = f"connectors/{config.connector}/manifest.yaml"
    manifest = marked_yaml.load(connectors / config.connector / "manifest.yaml", kind)
    return [*_what(config, own, shop), *_objects(config, own, shop), *_schedules(config, own),
            *_settings(config, own, manifest), *_overrides(config)]  # fmt: skip


def _at(group: str, name: str, value: Any, marked: Marked, path: Path_, is_default: bool = False) -> Value:
    return Value(group, name, said(value), marked.file, marked.line(path), is_default)


def _what(config: CouplingConfig, own: Marked, shop: Marked) -> list[Value]:
    names = ("connector", "role", "match_key", "connection", "enabled")
    found = [
        _at("coupling", name, getattr(config, name), own, (name,), name not in own.data)
        for name in names
        if name in own.data or getattr(config, name) is not None
    ]
    return [*found, _at("coupling", "time_zone", config.webshop.time_zone, shop, ("time_zone",))]


def _objects(config: CouplingConfig, own: Marked, shop: Marked) -> list[Value]:
    found = []
    for name in config.objects:
        owners = config.webshop.owners_of(name)
        place = f"owner {owners.index(config.leaf) + 1} of {len(owners)}" if config.leaf in owners else "no owner"
        path: Path_ = ("owners", name)
        if config.leaf in config.webshop.contributors_of(name):
            place, path = "adds fields only", ("consolidation", name, "contributors")
        found.append(_at("objects", name, "on", own, ("objects", name)))
        found.append(_at("objects", f"{name}, rows in Optiply", place, shop, path))
    return found


def _schedules(config: CouplingConfig, own: Marked) -> list[Value]:
    return [
        _at(
            "schedules", plan.cron, f"{plan.mode}: {', '.join(name.replace('_', ' ') for name in plan.objects)}", own,
            ("schedules", number),
        )
        for number, plan in enumerate(config.plans)
    ]  # fmt: skip


def _settings(config: CouplingConfig, own: Marked, manifest: Marked) -> list[Value]:
    given = own.data.get("settings") or {}
    declared = manifest.data.get("settings") or {}
    every = marked_yaml.load(canonical.FILE, f"include/spec/{canonical.FILE.name}")
    found = []
    for name, value in config.settings.items():
        path: Path_ = ("settings", name)
        marked = own if name in given else manifest
        if name not in given and name not in declared:
            marked, path = every, (name,)
        setting = config.manifest.settings[name]
        told = _at("settings", name, value, marked, path, name not in given)
        found.append(dataclasses.replace(told, help=setting.help or ""))
    return found


def _overrides(config: CouplingConfig) -> list[Value]:
    return [
        Value("overrides", f"{it.table}.{it.column}", "left as it is in Optiply" if it.is_skip else
              it.expression or "", it.file, it.line, is_default=False)
        for it in config.overrides
    ]  # fmt: skip


def said(value: Any) -> str:
    """Return a value as it would stand in the file."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(said(one) for one in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {said(one)}" for name, one in value.items()) or "none"
    return str(value)
