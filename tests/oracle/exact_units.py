"""What becomes of quantities and prices of items that an Exact Online company keeps in another unit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.oracle.tables import Seen, money


@dataclasses.dataclass(frozen=True)
class Units:
    """The units of the items seen, by the coupling's settings."""

    settings: Mapping[str, Any]
    items: Seen

    def factor(self, item: str | None) -> Decimal:
        """How many of Optiply's units one of the item's own holds."""
        return Decimal(str(self.settings["units.factors"].get(self._code(item), 1)))

    def name(self, item: str) -> str | None:
        """What the stock counts; None where nothing is converted."""
        code = self._code(item)
        is_converted = code in self.settings["units.factors"]
        name: str | None = self.settings["units.names"].get(code) if is_converted else code
        return name

    def price(self, value: Decimal | None, item: str) -> Decimal | None:
        """A price per unit of the item as one per unit of Optiply; less than half a cent is none."""
        if not value or self._code(item) not in self.settings["units.factors"]:
            return value
        return money(value / self.factor(item)) or None

    def _code(self, item: str | None) -> str | None:
        known = self.items.records.get(item or "")
        code: str | None = known["Unit"] if known and self.settings["units.enabled"] else None
        return code
