"""The interfaces that the service offers beside webhooks."""

from __future__ import annotations

from fastapi import APIRouter

from include.receiver import orders, status

ROUTERS: tuple[APIRouter, ...] = (orders.router(), status.router())
