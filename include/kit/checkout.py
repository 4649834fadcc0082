"""Where the parts of a connector stand in a checkout."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from include.spec import marked_yaml
from include.spec.load import ROOT, connector_names, load_manifest
from include.spec.manifest import Manifest
from include.spec.marked_yaml import Marked, Path_

TABLES: Mapping[str, tuple[str, ...]] = {
    "suppliers": ("suppliers",),
    "products": ("products",),
    "supplier_products": ("supplier_products",),
    "product_compositions": ("product_compositions",),
    "sell_orders": ("sell_orders", "sell_order_lines"),
    "buy_orders": ("buy_orders", "buy_order_lines"),
    "receipt_lines": ("receipt_lines",),
}
"""The Optiply tables that each object of a manifest fills."""
FOLDERS: Mapping[str, str] = {"sell_order_lines": "sell_orders", "buy_order_lines": "buy_orders"}
"""The folder of a table's mapping models, where it is not the table's name."""


@dataclasses.dataclass(frozen=True)
class Connector:
    """One connector of the checkout at `root`."""

    name: str
    root: Path = ROOT

    @property
    def folder(self) -> Path:
        """connectors/<name>."""
        return self.root / "connectors" / self.name

    @property
    def manifest_file(self) -> Path:
        """Its manifest."""
        return self.folder / "manifest.yaml"

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest, checked. Raises ConfigError."""
        return load_manifest(self.name, self.root / "connectors")

    @cached_property
    def marked(self) -> Marked:
        """The manifest's text with the line of every key. Raises ConfigError."""
        return marked_yaml.load(self.manifest_file, self.short(self.manifest_file))

    def line(self, *path: str | int) -> int:
        """Return the line of a key; of a stream's key that stands under `defaults`, the line there."""
        if path in self.marked.lines or path[:1] != ("streams",):
            return self.marked.line(path)
        default: Path_ = ("defaults", *path[2:])
        return self.marked.line(default if default in self.marked.lines else path)

    def states(self, stream: str, key: str) -> bool:
        """Whether the stream, or `defaults`, says this key."""
        return ("streams", stream, key) in self.marked.lines or ("defaults", key) in self.marked.lines

    def fixture(self, stream: str) -> Path:
        """The recorded answer of a stream."""
        return self.folder / "fixtures" / f"{stream}.json"

    @property
    def staging(self) -> Path:
        """The folder of its staging models."""
        return self.root / "dbt_project" / "models" / "staging" / self.name

    def mapping(self, table: str, suffix: str = ".sql") -> Path:
        """The mapping model of a table."""
        folder = self.root / "dbt_project" / "models" / "intermediate" / FOLDERS.get(table, table)
        return folder / f"int_{table}__{self.name}{suffix}"

    def models(self) -> list[Path]:
        """Every file of the dbt project that is this connector's."""
        project = self.root / "dbt_project"
        mappings = (project / "models" / "intermediate").glob(f"*/int_*__{self.name}.*")
        macros = (project / "macros").glob(f"{self.name}_*.sql")
        return sorted([*self.staging.glob("*"), *mappings, *macros])

    def short(self, path: Path) -> str:
        """Return a path as messages show it."""
        return path.relative_to(self.root).as_posix()


def connectors(root: Path = ROOT) -> list[Connector]:
    """Return every connector of a checkout."""
    return [Connector(name, root) for name in connector_names(root / "connectors")]
