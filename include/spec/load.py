"""Read manifests and couplings from their folders, checked as a whole; the only input is files."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from include.contract.errors import Misconfigured
from include.spec import marked_yaml
from include.spec.canonical import with_canonical
from include.spec.coupling import Coupling, Webshop
from include.spec.coupling_check import check_coupling, check_owners, check_ownership, check_webshop
from include.spec.manifest import Manifest
from include.spec.manifest_check import check_manifest
from include.spec.marked_yaml import Marked
from include.spec.objects import OBJECTS
from include.spec.overrides import Override, overrides_of
from include.spec.problems import ConfigError, Problem, nearest
from include.spec.push import Push
from include.spec.schedule import Plan, spread
from include.spec.stock_update import StockUpdate
from include.spec.validate import validate

ROOT = Path(__file__).resolve().parents[2]
CONNECTORS = ROOT / "connectors"
# The only place that reads this variable; a platform with another folder of couplings hands it to its processes.
CONFIGS_VARIABLE = "OPTIPLY_CONFIGS"
CONFIGS = Path(os.environ.get(CONFIGS_VARIABLE) or ROOT / "dag_configs")
WEBSHOP_FILE = "webshop.yaml"


@dataclasses.dataclass(frozen=True)
class CouplingConfig:
    """A coupling with everything that follows from its files: defaults filled in, crons spread, names derived."""

    name: str
    title: str
    file: str
    webshop: Webshop
    manifest: Manifest
    role: str
    match_key: str | None
    connection: str
    owner: str
    enabled: bool
    objects: tuple[str, ...]
    plans: tuple[Plan, ...]
    settings: dict[str, Any]
    overrides: tuple[Override, ...]

    @property
    def connector(self) -> str:
        """The system's name."""
        return self.manifest.connector

    @property
    def leaf(self) -> str:
        """The name of its file, by which webshop.yaml names it."""
        return self.name.partition("__")[2]

    @property
    def pulled_objects(self) -> tuple[str, ...]:
        """The objects that are pulled: a coupling that only posts buy orders takes nothing of them back."""
        return pulled_of(self.objects, self.settings)

    @property
    def push(self) -> Push | None:
        """How it sends buy orders; None where the system takes none, or another coupling owns them."""
        section = self.manifest.push
        owns = "buy_orders" in self.objects and self.leaf in self.webshop.owners_of("buy_orders")
        return section if owns else None

    @property
    def stock_update(self) -> StockUpdate | None:
        """How its shop's stock is told what comes in elsewhere; None where that is not switched on."""
        section = self.manifest.stock_update
        return section if section is not None and self.settings.get(section.setting) is True else None

    @property
    def config_hash(self) -> str:
        """Changes when something changes that mappings depend on."""
        known = [self.connector, self.role, self.match_key, self.objects, self.settings, self.webshop.model_dump()]
        # Without the last two, file and line: moving an override changes nothing.
        known += [dataclasses.astuple(override)[:-2] for override in self.overrides]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]


def pulled_of(objects: tuple[str, ...], settings: dict[str, Any]) -> tuple[str, ...]:
    """Return the objects that are pulled of those that are switched on."""
    two_way = settings.get("buy_orders.two_way", True)
    return objects if two_way else tuple(name for name in objects if name not in ("buy_orders", "receipt_lines"))


@functools.cache
def load_manifest(connector: str, connectors: Path = CONNECTORS) -> Manifest:
    """Read connectors/<connector>/manifest.yaml. Raises ConfigError."""
    path = connectors / connector / "manifest.yaml"
    marked = marked_yaml.load(path, f"connectors/{connector}/manifest.yaml")
    marked = _with_defaults(marked)
    manifest = with_canonical(validate(Manifest, marked))
    problems = check_manifest(manifest, marked, connector)
    if problems:
        raise ConfigError(problems)
    return manifest


def _with_defaults(marked: Marked) -> Marked:
    """Return the document with `defaults` laid under each stream; what comes from there keeps its line there."""
    data = dict(marked.data)
    defaults = data.pop("defaults", None) or {}
    if not isinstance(defaults, dict):
        raise ConfigError([Problem(marked.file, marked.line(("defaults",)), "defaults", "must be a mapping")])
    lines = dict(marked.lines)
    streams = data.get("streams")
    if isinstance(streams, dict):
        data["streams"] = {name: _merge(defaults, stream) for name, stream in streams.items()}
        for path, line in marked.lines.items():
            if path[:1] == ("defaults",):
                for name in streams:
                    lines.setdefault(("streams", name, *path[1:]), line)
    return Marked(marked.file, data, lines)


def _merge(defaults: Any, own: Any) -> Any:
    """Lay `own` over `defaults`; mappings merge key by key, everything else replaces. A null takes a default away."""
    if not isinstance(defaults, dict) or not isinstance(own, dict):
        return own
    if "type" in defaults and own.get("type", defaults["type"]) != defaults["type"]:
        return own
    merged = {key: _merge(defaults[key], own[key]) if key in own else defaults[key] for key in defaults}
    merged |= {key: value for key, value in own.items() if key not in defaults}
    return {key: value for key, value in merged.items() if value is not None}


def connector_names(connectors: Path = CONNECTORS) -> list[str]:
    """Return the systems that have a manifest."""
    return sorted(path.parent.name for path in connectors.glob("*/manifest.yaml"))


def coupling_files(configs: Path = CONFIGS) -> list[str]:
    """Return the couplings' files as <webshop>/<name>.yaml, sorted."""
    files = (path.relative_to(configs) for path in configs.glob("*/*.y*ml") if path.name != WEBSHOP_FILE)
    # Names with a dot in front are an editor's, or the links that a Kubernetes ConfigMap is mounted with.
    seen = (path.as_posix() for path in files if not any(part.startswith(".") for part in path.parts))
    return sorted(name for name in seen if name.endswith((".yaml", ".yml")))


def find_coupling(name: str, configs: Path = CONFIGS) -> CouplingConfig:
    """Read a coupling's files by its name, <webshop>__<file>. Raises Misconfigured where there is none."""
    files = {file.rpartition(".")[0].replace("/", "__"): file for file in coupling_files(configs)}
    if name not in files:
        raise Misconfigured(
            f"there is no file of a coupling '{name}'.{nearest(name, files)}",
            next_step="Correct the name, or put the file back.",
        )
    return load_coupling(files[name], configs)


def load_webshop(folder: str, configs: Path = CONFIGS) -> tuple[Webshop, list[Problem]]:
    """Read dag_configs/<folder>/webshop.yaml; return it with what does not fit the files beside it.

    Raises ConfigError when it cannot be used at all. A missing neighbour is no reason to stop the others.
    """
    marked = marked_yaml.load(configs / folder / WEBSHOP_FILE, f"{configs.name}/{folder}/{WEBSHOP_FILE}")
    webshop = validate(Webshop, marked)
    problems = check_webshop(webshop, marked, folder)
    if problems:
        raise ConfigError(problems)
    couplings = [path.stem for path in (configs / folder).glob("*.y*ml") if path.name != WEBSHOP_FILE]
    return webshop, check_owners(webshop, marked, couplings)


def load_coupling(file: str, configs: Path = CONFIGS, connectors: Path = CONNECTORS) -> CouplingConfig:
    """Read one coupling, e.g. 'bralex/exact_online.yaml', and its webshop's file. Raises ConfigError."""
    folder, _, leaf = file.partition("/")
    marked = marked_yaml.load(configs / file, f"{configs.name}/{file}")
    coupling = validate(Coupling, marked)
    manifest = _manifest_of(coupling, marked, connectors)
    problems = check_coupling(coupling, manifest, marked, f"{folder}__{Path(leaf).stem}")
    problems += _twins(coupling.coupling, marked, file, configs)
    overrides, wrong = overrides_of(coupling, manifest, marked)
    if problems or wrong:
        raise ConfigError([*problems, *wrong])
    return _resolve(coupling, manifest, load_webshop(folder, configs)[0], marked.file, overrides)


def _twins(name: str, marked: Marked, file: str, configs: Path) -> list[Problem]:
    """Name the other file that already has this coupling's id."""
    webshop, _, leaf = name.partition("__")
    others = [f"{webshop}/{leaf}.yaml", f"{webshop}/{leaf}.yml"]
    taken = [other for other in others if other != file and (configs / other).exists()]
    line = marked.line(("coupling",))
    return [Problem(marked.file, line, "coupling", f"'{name}' is already the id of {other}") for other in taken]


def _manifest_of(coupling: Coupling, marked: Marked, connectors: Path) -> Manifest:
    names = connector_names(connectors)
    if coupling.connector in names:
        return load_manifest(coupling.connector, connectors)
    message = f"there is no connector '{coupling.connector}'.{nearest(coupling.connector, names)}"
    raise ConfigError([Problem(marked.file, marked.line(("connector",)), "connector", message)])


def _resolve(
    coupling: Coupling, manifest: Manifest, webshop: Webshop, file: str, overrides: list[Override]
) -> CouplingConfig:
    switched = [name for name, switch in coupling.objects.items() if switch.enabled]
    objects = tuple(name for name in OBJECTS if name in switched)
    settings = manifest.with_defaults(coupling.settings)
    pulled = pulled_of(objects, settings)
    plans = tuple(
        Plan(
            cron=spread(schedule.cron, coupling.coupling),
            mode=schedule.mode,
            objects=tuple(name for name in pulled if schedule.objects is None or name in schedule.objects),
        )
        for schedule in coupling.schedules
    )
    return CouplingConfig(
        name=coupling.coupling,
        title=coupling.title or f"{webshop.title}: {manifest.title}",
        file=file,
        webshop=webshop,
        manifest=manifest,
        role=coupling.role,
        match_key=coupling.match_key,
        connection=coupling.connection or coupling.coupling,
        owner=coupling.owner,
        enabled=coupling.enabled,
        objects=objects,
        plans=plans,
        settings=settings,
        overrides=tuple(overrides),
    )


def load_all(configs: Path = CONFIGS, connectors: Path = CONNECTORS) -> tuple[list[CouplingConfig], list[Problem]]:
    """Read every coupling; a broken file gives problems and takes nothing else with it."""
    couplings: list[CouplingConfig] = []
    problems: list[Problem] = []
    for file in coupling_files(configs):
        try:
            couplings.append(load_coupling(file, configs, connectors))
        except ConfigError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    for folder in sorted({config.webshop.webshop for config in couplings}):
        problems += load_webshop(folder, configs)[1]
        brought = {
            config.name.partition("__")[2]: config.objects for config in couplings if config.webshop.webshop == folder
        }
        problems += _ownerless(folder, brought, configs)
    return couplings, problems


def _ownerless(folder: str, brought: dict[str, tuple[str, ...]], configs: Path) -> list[Problem]:
    """Name the objects that a webshop's couplings bring and nobody owns, and owners that do not bring theirs."""
    name = f"{configs.name}/{folder}/{WEBSHOP_FILE}"
    marked = marked_yaml.load(configs / folder / WEBSHOP_FILE, name)
    return check_ownership(validate(Webshop, marked), marked, brought)
