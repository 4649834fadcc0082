"""Who is coupled, when and how: the models of dag_configs/<webshop>/webshop.yaml and <webshop>/<connector>.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from include.spec.consolidation import ConsolidatedName, Consolidation
from include.spec.objects import ObjectName
from include.spec.validate import Name, Scalar, Strict


class Webshop(Strict):
    """An Optiply customer. `owners` says per object which couplings (by file name) bring it, first one first."""

    # Without __, which parts the webshop from the rest of a coupling's id: two folders must not make one id.
    webshop: Annotated[str, pydantic.Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
    """The name of its folder; no double underscore."""
    title: str
    """The customer's name as people write it."""
    time_zone: str
    """The zone of its crons, e.g. Europe/Amsterdam."""
    owners: dict[ObjectName, Name | list[Name]]
    """Object -> the coupling's file name, or several, the first one's word first; product_compositions,
    buy_orders and receipt_lines have one. An object without an owner is landed and not mapped."""
    consolidation: dict[ConsolidatedName, Consolidation] = {}
    """For products and suppliers with several sources: which of their records are one row, and who wins a field."""

    def owners_of(self, name: str) -> list[str]:
        """Return the couplings that make rows of an object, the first one's word first."""
        found = {str(key): owner for key, owner in self.owners.items()}.get(name, [])
        return [found] if isinstance(found, str) else found

    def contributors_of(self, name: str) -> list[str]:
        """Return the couplings that only add fields to an object's rows."""
        rules = {str(key): rule for key, rule in self.consolidation.items()}
        return rules[name].contributors if name in rules else []


class Schedule(Strict):
    """A cron (five fields; `H` = a minute or hour spread by the coupling's name), its objects and its mode."""

    cron: str
    """In the webshop's time zone. `H`, `H/10`, `H(1-4)` spread the load."""
    mode: Literal["changed", "all"] = "changed"
    """`changed` since the last pull, or `all`, which also finds deletions."""
    objects: list[ObjectName] | None = None
    """Which objects; left out = all that are switched on."""


class TableOverrides(Strict):
    """What this coupling maps otherwise than the connector's mapping ([mapping guide](mapping-guide.md#overrides))."""

    skip_columns: list[str] = []
    """Columns that stay as Optiply has them."""
    columns: dict[str, Scalar] = {}
    """Column -> an expression over the mapped columns and raw fields, such as `stock_level * 2`; or a number, true or
    false."""


class ObjectSwitch(TableOverrides):
    """Switches one object of the coupling on or off, and says what is mapped otherwise."""

    enabled: bool = True
    """false = keep the entry, pull nothing."""
    lines: TableOverrides | None = None
    """The same for the lines of sell_orders and buy_orders."""


class Coupling(Strict):
    """One integration switched on for one webshop."""

    coupling: Annotated[str, pydantic.Field(pattern=r"^[a-z][a-z0-9_]*__[a-z][a-z0-9_]*$", max_length=80)]
    """`<webshop>__<file name>`, checked."""
    connector: Name
    """A folder in `connectors/`."""
    title: str | None = None
    """Its name in the UI; left out = webshop and system."""
    role: Literal["primary", "secondary"]
    """`primary` brings products; `secondary` brings orders for products of another coupling."""
    match_key: Literal["ean", "sku", "remote_id"] | None = None
    """How a secondary's lines find their product; required there."""
    connection: str | None = None
    """The Airflow connection with its credentials; left out = one of the coupling's own name. Couplings that share a
    login, such as several divisions of one company, name one connection: its token and limits are then shared too."""
    owner: str = "tech-support"
    """The team shown as the DAG's owner."""
    enabled: bool = True
    """false = no schedule; it can still be triggered by hand."""
    objects: dict[ObjectName, ObjectSwitch]
    """What is pulled; `{}` switches an object on."""
    schedules: list[Schedule] = []
    """When; left out = by hand only."""
    settings: dict[str, Scalar | list[str] | dict[str, Scalar]] = {}
    """Those of the manifest, by their dotted key."""
