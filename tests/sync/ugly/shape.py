"""How the recorded fixtures of a connector become a whole catalogue: which fields are ids, and how many records.

`names` says which ids a field holds (by its name, or by stream and name): "product" = of any product, "product+" = of
the product with the record's own number, "line*" = a new one each time. `varied` gives a field of the fixtures several
good values. `read` are the fields that the mappings read: most of the ugliness goes there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Shape:
    """`streams`: stream -> (the object whose share of records it gets, the ids of its parents or None)."""

    streams: Mapping[str, tuple[str, str | None]]
    names: Mapping[str, str]
    read: tuple[str, ...]
    varied: Mapping[str, tuple[Any, ...]] = dataclasses.field(default_factory=dict)
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    suffix: str = ""
