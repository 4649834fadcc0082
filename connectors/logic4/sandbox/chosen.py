"""Choose the records that a change is about."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

from include.sandbox.remote import Change, pick
from include.sandbox.world import World

Act = Callable[[random.Random, str], None]


def keys(world: World, collection: str, **values: Any) -> list[str]:
    """Return the keys of the records that hold all these values."""
    rows = world[collection]
    return [row.key for row in rows if all(row.data[name] == value for name, value in values.items())]


def each(candidates: Callable[[], Iterable[str]], act: Act) -> Change:
    """Return the change that lets `act` happen to some of the candidates."""

    def change(chance: random.Random, count: int) -> list[str]:
        chosen = pick(chance, list(candidates()), count)
        for key in chosen:
            act(chance, key)
        return chosen

    return change
