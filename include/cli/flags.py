"""docs/flags.md: every flag of model reference C, and what it is here, with the defaults that the manifests have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pydantic

from include.contract.errors import Misconfigured
from include.spec import marked_yaml
from include.spec.canonical import CanonicalSetting
from include.spec.load import connector_names, load_manifest
from include.spec.manifest import Manifest, Setting

FILE = Path(__file__).with_name("flags.yaml")
_HEAD = """\
# Flags

Written by `./run cli docs` from `include/cli/flags.yaml` and the manifests; do not edit. The flags of model reference
C, in its order: *today* are the names that integrations have for them now, *here* is where a coupling says it, with
the default of each connector. What a setting does stands in the connector's manifest, how to set one in the [YAML
reference](reference-yaml.md). A setting that changes maps everything that has landed again; no remote is called.
"""
_REST = """
## Settings beyond section C

| setting | connectors and defaults |
|---|---|
"""


class Flag(pydantic.BaseModel):
    """One row of section C."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    flag: str
    was: list[str]
    keys: list[str] = []
    here: str | None = None
    not_for: str | None = None

    @pydantic.model_validator(mode="after")
    def _says_something(self) -> Flag:
        if not (self.keys or self.here or self.not_for):
            raise ValueError(f"{self.flag} has neither keys, here nor not_for")
        return self


def flags() -> Mapping[str, list[Flag]]:
    """Return the flags by the part of section C that they stand in."""
    given = marked_yaml.load(FILE, f"include/cli/{FILE.name}").data
    return {part: [Flag.model_validate(flag) for flag in listed] for part, listed in given.items()}


def render() -> str:
    """Return the page. Raises Misconfigured where a key is the setting of no connector."""
    manifests = {name: load_manifest(name) for name in connector_names()}
    known = _by_key(manifests)
    named = {key for listed in flags().values() for flag in listed for key in flag.keys}
    unknown = sorted(named - set(known))
    if unknown:
        raise Misconfigured(f"include/cli/flags.yaml names settings that no connector has: {', '.join(unknown)}")
    rest = "".join(f"| `{key}` | {_told(known[key])} |\n" for key in sorted(set(known) - named))
    return _HEAD + "".join(_part(part, listed, known) for part, listed in flags().items()) + _REST + rest


def _by_key(manifests: Mapping[str, Manifest]) -> dict[str, list[tuple[str, Setting]]]:
    known: dict[str, list[tuple[str, Setting]]] = {}
    for manifest in manifests.values():
        for key, setting in manifest.settings.items():
            known.setdefault(key, []).append((manifest.title, setting))
    return known


def _part(part: str, listed: list[Flag], known: Mapping[str, list[tuple[str, Setting]]]) -> str:
    rows = "".join(f"| {flag.flag} | {', '.join(flag.was)} | {'<br>'.join(_here(flag, known))} |\n" for flag in listed)
    return f"\n## {part}\n\n| flag | today | here |\n|---|---|---|\n{rows}"


def _here(flag: Flag, known: Mapping[str, list[tuple[str, Setting]]]) -> Iterator[str]:
    if flag.here:
        yield flag.here
    for key in flag.keys:
        yield f"`{key}`: {_told(known[key])}"
    if flag.not_for:
        yield f"*{flag.not_for}*"


def _told(having: list[tuple[str, Setting]]) -> str:
    """Name the connectors that have a setting, those with one default together."""
    by_default: dict[str, list[str]] = {}
    for title, setting in having:
        names = by_default.setdefault(_default(setting), [])
        shared = (
            f"all that bring {setting.object}" if isinstance(setting, CanonicalSetting) and setting.object else None
        )
        name = "all" if isinstance(setting, CanonicalSetting) and not shared else shared or title
        if name not in names:
            names.append(name)
    return "; ".join(f"{default} ({', '.join(titles)})" for default, titles in by_default.items())


def _default(setting: Setting) -> str:
    value: Any = setting.default
    if setting.required:
        return "to be chosen"
    if value in (None, [], {}):
        return "none"
    if isinstance(value, list):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
