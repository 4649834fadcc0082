"""The settings that all connectors share: include/spec/canonical.yaml, laid under those of each manifest."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from include.spec import marked_yaml
from include.spec.manifest import Manifest, Setting
from include.spec.objects import ObjectName

FILE = Path(__file__).with_name("canonical.yaml")


class CanonicalSetting(Setting):
    """A setting of all connectors that bring an object, or of all of them."""

    object: ObjectName | None = None
    """The object it is about; left out = any."""
    columns: list[str] = []
    """Columns (`table.column`) that stay as Optiply has them where the setting is false."""


@functools.cache
def canonical_settings() -> Mapping[str, CanonicalSetting]:
    """Return the shared settings by key."""
    given = marked_yaml.load(FILE, f"include/spec/{FILE.name}").data
    return MappingProxyType({key: CanonicalSetting.model_validate(setting) for key, setting in given.items()})


def with_canonical(manifest: Manifest) -> Manifest:
    """Return the manifest with the shared settings of its objects; what it declares itself stays as it is."""
    shared = {
        key: setting
        for key, setting in canonical_settings().items()
        if setting.object is None or setting.object in manifest.objects
    }
    return manifest.model_copy(update={"settings": {**shared, **manifest.settings}})


def skipped_columns(manifest: Manifest, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield table, column and the shared setting that leaves the column as Optiply has it."""
    for key, setting in manifest.settings.items():
        if isinstance(setting, CanonicalSetting) and values[key] is False:
            for column in setting.columns:
                table, _, name = column.partition(".")
                yield table, name, key
