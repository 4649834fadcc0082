"""What people do at a system with a named purchase order: receive its goods, change it, cancel it."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from include.sandbox.answers import json_answer


class Purchases(abc.ABC):
    """The purchase orders of one system by their ids, as its own users handle them.

    All raise KeyError for an order or line that is not there, ValueError where the system would not let its users.
    """

    @abc.abstractmethod
    def open(self, order: str) -> Mapping[str, Decimal]:
        """Return how much is still to come, in units of the order, by the id of the line."""

    @abc.abstractmethod
    def receive(self, order: str, amounts: Mapping[str, Decimal]) -> list[str]:
        """Let goods come in, by line; more than was ordered is possible. Return the ids of the receipt's lines."""

    @abc.abstractmethod
    def cancel(self, order: str) -> None:
        """Cancel the order."""

    @abc.abstractmethod
    def resize(self, order: str, line: str, quantity: Decimal) -> None:
        """Order another quantity of a line; 0 removes it."""

    @abc.abstractmethod
    def add(self, order: str, product: str, quantity: Decimal) -> str:
        """Order another product; return the id of its line."""


class Delivery(BaseModel):
    """What comes in of an order: a share of all that is open, rounded up, or of one line a share or a quantity."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    order: str
    line: str | None = None
    share: Decimal = Field(default=Decimal(1), gt=0, le=1)
    quantity: Decimal | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _quantity_of_one_line(self) -> Delivery:
        if self.quantity is not None and self.line is None:
            raise ValueError("a quantity needs a line")
        return self

    def amounts(self, still_open: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Return what comes in by line, nothing for lines of which nothing is open."""
        if self.line is not None:
            still_open = {self.line: still_open[self.line]}
        if self.line is not None and self.quantity is not None:
            return {self.line: self.quantity}
        shares = {
            line: min(left, (left * self.share).to_integral_value(ROUND_CEILING)) for line, left in still_open.items()
        }
        return {line: share for line, share in shares.items() if share > 0}


class Cancellation(BaseModel):
    """Which order is cancelled."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    order: str


class Amendment(BaseModel):
    """Another quantity of a line (0 removes it), or a further line for a product."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    order: str
    quantity: Decimal = Field(ge=0)
    line: str | None = None
    product: str | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Amendment:
        if (self.line is None) == (self.product is None):
            raise ValueError("name either a line or a product")
        return self


def purchases_router(purchases: Callable[[], Purchases | None]) -> APIRouter:
    """Return the admin routes over a system's purchase orders."""
    router = APIRouter()

    def carry_out(act: Callable[[Purchases], Any]) -> Response:
        there = purchases()
        if there is None:
            raise HTTPException(404, "this system has no purchase orders")
        try:
            return json_answer(act(there))
        except KeyError as absent:
            raise HTTPException(404, f"not there: {absent}") from None
        except ValueError as refused:
            raise HTTPException(422, str(refused)) from None

    @router.post("/receive")
    async def receive(goods: Delivery) -> Response:
        """Let goods of an order come in; answer the ids of the receipt's lines."""
        return carry_out(lambda there: there.receive(goods.order, goods.amounts(there.open(goods.order))))

    @router.post("/cancel")
    async def cancel(which: Cancellation) -> Response:
        """Cancel an order by hand."""
        return carry_out(lambda there: there.cancel(which.order))

    @router.post("/amend")
    async def amend(new: Amendment) -> Response:
        """Change or add a line by hand; answer the id of an added line."""
        if new.line is not None:
            line = new.line
            return carry_out(lambda there: there.resize(new.order, line, new.quantity))
        return carry_out(lambda there: there.add(new.order, str(new.product), new.quantity))

    return router
