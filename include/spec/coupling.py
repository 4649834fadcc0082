"""Who is coupled, when and how: the models of dag_configs/<webshop>/webshop.yaml and <webshop>/<connector>.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from include.spec.manifest import Name, ObjectName, Scalar
from include.spec.validate import Strict


class Webshop(Strict):
    """An Optiply customer. `owners` says per object which couplings (by file name) bring it, first one first."""

    # Without __, which parts the webshop from the rest of a coupling's id: two folders must not make one id.
    webshop: Annotated[str, pydantic.Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
    title: str
    time_zone: str
    owners: dict[ObjectName, Name | list[Name]]


class Schedule(Strict):
    """A cron (five fields; `H` = a minute or hour spread by the coupling's name), its objects and its mode."""

    cron: str
    mode: Literal["changed", "all"] = "changed"
    objects: list[ObjectName] | None = None


class ObjectSwitch(Strict):
    """Switches one object of the coupling on or off."""

    enabled: bool = True


class Coupling(Strict):
    """One integration switched on for one webshop."""

    coupling: Annotated[str, pydantic.Field(pattern=r"^[a-z][a-z0-9_]*__[a-z][a-z0-9_]*$", max_length=80)]
    connector: Name
    title: str | None = None
    role: Literal["primary", "secondary"]
    match_key: Literal["ean", "sku", "remote_id"] | None = None
    owner: str = "tech-support"
    enabled: bool = True
    objects: dict[ObjectName, ObjectSwitch]
    schedules: list[Schedule] = []
    settings: dict[str, Scalar | list[str]] = {}
