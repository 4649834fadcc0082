"""What a system's sandbox consists of: one subclass of `Remote` named in connectors/<system>/sandbox."""

from __future__ import annotations

import abc
import importlib
import random
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from fastapi import APIRouter
from starlette.responses import Response

from include.sandbox.answers import json_answer
from include.sandbox.catalogue import Catalogue
from include.sandbox.limits import Limits
from include.sandbox.post import Post, Sender
from include.sandbox.purchases import Purchases
from include.sandbox.tokens import Tokens
from include.sandbox.world import World

Change = Callable[[random.Random, int], list[str]]


class Remote(abc.ABC):
    """One imitated system. `settings` of the class are its defaults; an instance may have other values."""

    settings: ClassVar[Mapping[str, int | str]] = {}
    id_fields: ClassVar[tuple[str, ...]] = ("id",)
    name_fields: ClassVar[tuple[str, ...]] = ("name",)
    stock_fields: ClassVar[tuple[str, ...]] = ("stock",)
    page_parameter: ClassVar[str | None] = "page"
    coupling_settings: ClassVar[Mapping[str, Any]] = {}
    """Settings without which no coupling can read this sandbox, such as the number of its division."""
    tested_with: ClassVar[Mapping[str, int | str]] = {}
    """Its settings in the suite that every connector passes: no limit on requests, small pages."""

    def __init__(self, world: World, catalogue: Catalogue, settings: Mapping[str, int | str] | None = None) -> None:
        unknown = set(settings or {}) - set(self.settings)
        if unknown:
            raise ValueError(f"unknown settings {sorted(unknown)}; there are {sorted(self.settings)}")
        self.world, self.catalogue = world, catalogue
        self.set: dict[str, int | str] = {**self.settings, **(settings or {})}
        self.tokens, self.limits = Tokens(world), Limits(world)
        self.post = Post(world, self.sender())

    def number(self, setting: str) -> int:
        """Return a setting as a number."""
        return int(self.set[setting])

    @abc.abstractmethod
    def build(self) -> None:
        """Fill the empty world."""

    @abc.abstractmethod
    def router(self) -> APIRouter:
        """Return the routes of the API."""

    @abc.abstractmethod
    def credentials(self, base_url: str) -> dict[str, Any]:
        """Return what an Airflow connection to this sandbox holds: host, login, password, extra."""

    @abc.abstractmethod
    def changes(self) -> Mapping[str, Change]:
        """Return what can change in this world: each takes a random source and a count, and returns the ids."""

    def purchases(self) -> Purchases | None:
        """Return what people do with purchase orders at this system, or None where it has none."""
        return None

    def sender(self) -> Sender | None:
        """Return how this system sends webhooks, or None where it has none."""
        return None

    def is_write(self, method: str, path: str) -> bool:
        """Whether a request changes records here; a request for a token does not."""
        return method not in ("GET", "HEAD", "OPTIONS") and not path.endswith("/token")

    def refusal(self, status: int) -> Response:
        """Return the body that this system sends with an error `status` forced by a fault."""
        return json_answer({"status": status}, status)

    def records(self, body: Any) -> list[dict[str, Any]]:
        """Return the list of records inside a decoded answer, to be changed in place; [] where there is none."""
        return body if isinstance(body, list) else []

    def emptied(self, _body: Any) -> Any:
        """Return the answer of an empty last page."""
        return []

    def repeated(self, body: Any, _url: str) -> Any:
        """Return the answer with its next link pointing to itself; only for systems without page numbers."""
        return body


def load_remote(connector: str) -> type[Remote]:
    """Return the class `REMOTE` of connectors/<connector>/sandbox."""
    module = importlib.import_module(f"connectors.{connector}.sandbox")
    found: type[Remote] = module.REMOTE
    return found


def pick(chance: random.Random, candidates: list[str], count: int) -> list[str]:
    """Choose up to `count` of the candidates, in their order of choice."""
    return chance.sample(candidates, min(count, len(candidates)))
