"""`coupling new` and `coupling check`: the two files of a coupling, written and judged."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from include.contract.errors import Misconfigured
from include.kit.schedules import schedules
from include.spec.load import (
    CONFIGS,
    WEBSHOP_FILE,
    CouplingConfig,
    coupling_files,
    load_all,
    load_manifest,
    load_webshop,
)
from include.spec.manifest import Manifest
from include.spec.objects import OBJECTS
from include.spec.problems import Problem

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SHARED = "sell_orders"
_EXAMPLES: dict[str, Any] = {"string": "text", "integer": 1, "number": 1, "boolean": True, "list": ["1"], "mapping": {}}


def coupling_text(
    webshop: str, manifest: Manifest, given: Mapping[str, Any], others: Mapping[str, str] | None = None
) -> str:
    """Return the YAML of a coupling with every object and required setting; the optional ones stand in comments.

    `given`: values of settings; `others`: objects that another coupling of the webshop brings, and its name.
    """
    others = others or {}
    objects = [name for name in OBJECTS if name in manifest.objects and name not in others]
    primary = "products" in objects
    lines = [
        "# yaml-language-server: $schema=../../schemas/coupling.schema.json",
        f"coupling: {webshop}__{manifest.connector}",
        f"connector: {manifest.connector}",
        f"role: {'primary' if primary else 'secondary'}",
        *([] if primary else ["# How a line of an order finds the product of another coupling: ean, sku or remote_id.",
                              "match_key: ean"]),
        "", "objects:", *(f"  {name}: {{}}" for name in objects),
        *(f"  # {name}: {{}}  (brought by {owner})" for name, owner in others.items() if name in manifest.objects),
        "", "schedules:", *schedules(manifest, objects),
    ]  # fmt: skip
    if manifest.settings:
        lines += ["", *_settings(manifest, given)]
    return "\n".join(lines) + "\n"


def _settings(manifest: Manifest, given: Mapping[str, Any]) -> list[str]:
    required = [key for key, setting in manifest.settings.items() if setting.required or key in given]
    lines = []
    for key in required:
        setting = manifest.settings[key]
        value = given.get(key, (setting.choices or [_EXAMPLES[setting.type]])[0])
        words = setting.help if key in given else f"{setting.help} Replace this value."
        lines += [f"  # {words}", f"  {key}: {json.dumps(value)}"]
    for key, setting in manifest.settings.items():
        if key not in required:
            choices = f" One of {', '.join(setting.choices)}." if setting.choices else ""
            lines += [f"  # {setting.help}{choices}", f"  # {key}: {json.dumps(setting.default)}"]
    # A key with nothing but comments below it holds nothing, and that is no mapping.
    return ["settings:" if required else "# settings:", *lines]


def webshop_text(webshop: str, manifest: Manifest) -> str:
    """Return the YAML of a webshop whose first coupling this is."""
    owners = "".join(f"  {name}: {manifest.connector}\n" for name in OBJECTS if name in manifest.objects)
    title = " ".join(part.capitalize() for part in webshop.split("_"))
    schema = "# yaml-language-server: $schema=../../schemas/webshop.schema.json\n"
    return f"{schema}webshop: {webshop}\ntitle: {title}\ntime_zone: Europe/Amsterdam\n\nowners:\n{owners}"


def new(webshop: str, connector: str, given: Mapping[str, Any] | None = None, configs: Path = CONFIGS) -> list[str]:
    """Write the coupling, and the webshop where it is new; return what was done and what is left to a person.

    Raises Misconfigured where the coupling exists or a name cannot be one.
    """
    manifest = load_manifest(connector)
    folder, said = configs / webshop, []
    file = folder / f"{connector}.yaml"
    if not _NAME.fullmatch(webshop):
        raise Misconfigured(f"'{webshop}' is no name: a-z, 0-9 and single _", next_step="Call it with another name.")
    if file.exists():
        raise Misconfigured(f"{file.name} of {webshop} is there already", next_step="Change that file.")
    folder.mkdir(parents=True, exist_ok=True)
    others: dict[str, str] = {}
    if (folder / WEBSHOP_FILE).exists():
        owners = _owners(webshop, configs)
        others = {name: ", ".join(had) for name, had in owners.items() if connector not in had and name != _SHARED}
        said += _to_do(manifest, owners, others)
    else:
        (folder / WEBSHOP_FILE).write_text(webshop_text(webshop, manifest), encoding="utf-8")
        said.append(f"written  {configs.name}/{webshop}/{WEBSHOP_FILE}: correct title and time zone")
    file.write_text(coupling_text(webshop, manifest, given or {}, others), encoding="utf-8")
    return [f"written  {configs.name}/{webshop}/{file.name}", *said]


def _to_do(manifest: Manifest, owners: Mapping[str, list[str]], others: Mapping[str, str]) -> list[str]:
    """Say which owners the webshop's file has to name; it is a person's, so nothing is written into it."""
    said = []
    for name in manifest.objects:
        had = owners.get(name, [])
        if manifest.connector not in had and name not in others:
            wanted = [*had, manifest.connector]
            words = wanted[0] if len(wanted) == 1 else f"[{', '.join(wanted)}]"
            said.append(f"to do    in webshop.yaml, under owners: {name}: {words}")
    return said


def _owners(webshop: str, configs: Path) -> dict[str, list[str]]:
    owners = load_webshop(webshop, configs)[0].owners
    return {str(name): [owner] if isinstance(owner, str) else owner for name, owner in owners.items()}


def problems_of(wanted: str | None, configs: Path = CONFIGS) -> tuple[list[CouplingConfig], list[Problem]]:
    """Return the couplings of `<webshop>` or `<webshop>/<file>` (all when None) and what is wrong with them.

    Raises Misconfigured where nothing has that name.
    """
    couplings, problems = load_all(configs)
    if wanted is None:
        return couplings, problems
    wanted = wanted.removeprefix(f"{configs.name}/").rstrip("/")
    webshop, _, leaf = wanted.partition("/")
    stem = leaf.rpartition(".")[0] or leaf
    files = [file for file in coupling_files(configs) if file.startswith(f"{webshop}/{stem}")]
    if not files:
        raise Misconfigured(f"there is no coupling '{wanted}'", next_step="Name <webshop> or <webshop>/<file>.")
    here = [f"{configs.name}/{file}" for file in [*files, f"{webshop}/{WEBSHOP_FILE}"]]
    return (
        [config for config in couplings if f"{configs.name}/{config.file}" in here or config.file in here],
        [problem for problem in problems if problem.file in here],
    )


def connection_words(config: CouplingConfig) -> list[str]:
    """Say what the Airflow connection of a coupling must hold, field by field."""
    fields = config.manifest.connection
    said = [f"  {name:<9} {words}" for name in ("host", "login", "password") if (words := getattr(fields, name))]
    said += [f"  extra     {name}: {words}" for name, words in fields.extra.items()]
    return [f"{config.name}: the Airflow connection '{config.connection}' holds", *(said or ["  nothing"])]
