"""How what came in is added to a shop's stock: the `stock_update` section of connectors/<system>/manifest.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import pydantic

from include.spec.marked_yaml import Path_
from include.spec.problems import nearest
from include.spec.push import Reading, Write
from include.spec.validate import Scalar, Strict

if TYPE_CHECKING:
    from include.spec.manifest import Setting


class StockWrite(Write):
    """The call that sets a product's stock to `{level}`; `{record.x}` are the members of the product as it was read."""

    where: dict[str, list[Scalar]] = {}
    """Only for products of which each of these members has one of the values named; the first that fits is made."""
    record: list[str] = [""]
    """Where the product stands in the answer: dotted paths, the first that is there counts; empty text = the answer
    itself."""


class StockUpdate(Strict):
    """How goods that came in elsewhere are added to the stock of a product: it is read, added to, and written whole."""

    setting: str
    """The setting that switches it on."""
    read: Reading
    """The call that answers one product by its remote id, `{remote_id}`."""
    level: str
    """Member of the product with its stock."""
    kept: dict[str, list[Scalar]] = {}
    """Values that say that the shop keeps stock of the product; of others nothing is written."""
    writes: Annotated[list[StockWrite], pydantic.Field(min_length=1)]
    """The call that sets the stock, by kind of product."""

    def write_for(self, record: Mapping[str, object]) -> StockWrite | None:
        """Return the call for a product."""
        fits = (one for one in self.writes if all(record.get(name) in some for name, some in one.where.items()))
        return next(fits, None)


def check_stock_update(
    section: StockUpdate, settings: Mapping[str, Setting], add: Callable[[Path_, str], None]
) -> None:
    """Say what the section's shape cannot: a setting that is not there, or is no switch."""
    setting = settings.get(section.setting)
    if setting is None or setting.type != "boolean":
        add(("stock_update", "setting"), f"is no setting that is true or false.{nearest(section.setting, settings)}")
