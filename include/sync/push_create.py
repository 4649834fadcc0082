"""Make a buy order on the remote, exactly once: whatever nobody knows of is looked for before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from psycopg import errors

from include.contract.errors import GiveUp, Misconfigured
from include.engine import own_order
from include.engine.compose import JSON, compose, of_lines
from include.engine.own_order import RemoteOrder
from include.engine.tell import unreadable
from include.engine.template import fill
from include.sync import push_words as words
from include.sync.push_case import Case, judge, send_body, still_open
from include.sync.push_words import Ends
from include.warehouse import push_ledger as ledger
from include.warehouse.push_ledger import Outcome, Step
from include.warehouse.push_wanted import WantedLine


def ensure_made(case: Case) -> RemoteOrder | None:
    """Return once the remote has the order and the ledger its id; with its record where that came along.

    Raises Ends; Stops or an error of the tree where the run has to stop.
    """
    if case.order.remote_id is not None:
        return None
    tried = case.steps("create")
    unclear = [step for step in tried if step.outcome != "refused"]
    if not unclear and not case.wanted.is_cancelled:
        _refer(case)
    if unclear or (not tried and not case.wanted.is_cancelled and case.push.find.first):
        found = _look(case, unclear)
        if found is not None:
            return found
    if case.wanted.is_cancelled:
        raise Ends("cancelled", None)
    return _send(case)


def line_told(case: Case, line: WantedLine) -> str:
    """Return what the remote is told of a line when the order is made, as JSON, with its product."""
    _, template = of_lines(case.push.create.body)
    told = compose(template, case.values(line.values))
    return JSON.encode({"product": line.product_remote_id, "line": told}).decode()


def header_told(case: Case) -> Mapping[str, Any]:
    """Return what the remote is told of the order beside its lines."""
    name, _ = of_lines(case.push.create.body)
    body: Mapping[str, Any] = compose(case.push.create.body, case.values())
    return {member: value for member, value in body.items() if member != name}


def check_known(case: Case, line: WantedLine) -> None:
    """Raise Ends where the remote does not know the line's product, or would not buy it from the order's supplier."""
    if line.product_remote_id is None:
        error = Misconfigured(
            f"the product '{line.product_title}' has no id in {case.title}",
            next_step=f"Make it in {case.title}, or match it there; after the next pull send the order again.",
        )
        raise words.refused(error, case.title, case.order.reference)
    if case.push.listed and not line.is_listed:
        error = Misconfigured(
            f"'{case.wanted.supplier_title}' does not deliver '{line.product_title}'",
            next_step=f"Add the supplier to the product in {case.title}, wait for the next pull, send the order again.",
        )
        raise words.refused(error, case.title, case.order.reference)


def _check_settings(case: Case) -> None:
    """Raise Ends where a setting is missing without which the order would be another one on the remote."""
    for key, allowed in case.push.needs.items():
        value = case.client.values.get(f"settings.{key}")
        if value is None or (allowed and value not in allowed):
            choice = f"one of {', '.join(map(str, allowed))}" if allowed else "a value"
            error = Misconfigured(
                f"an order cannot be sent with '{key}: {'' if value is None else value}'",
                next_step=f"Give '{key}' {choice} in the coupling's YAML, then send the order again.",
            )
            raise words.refused(error, case.title, case.order.reference)


def _refer(case: Case) -> None:
    """Fix how the order is made and by what it is known there; what was only ever refused may become another."""
    try:
        reference = words.reference_of(case.push, case.values())
        ledger.refer(case.connection, case.order, reference, case.kind, fill(case.push.find.match, case.values()))
    except Misconfigured as error:
        raise words.refused(error, case.title, case.order.reference) from None
    case.reload()


def _look(case: Case, unclear: list[Step]) -> RemoteOrder | None:
    """Return the order where the remote has it; None where it has not and it may be sent."""
    since = unclear[0].intended_at if unclear else datetime.now(UTC)
    last = unclear[-1] if unclear else None
    try:
        by = case.order.found_by or fill(case.push.find.match, case.values())
        found = own_order.find(case.client, case.push, case.values(), by, since)
    except Misconfigured as error:
        raise words.Stops(error) from None
    except GiveUp as error:
        raise words.parked(
            f"the remote refuses to be asked for it: {error.what}", case.title, case.order.reference
        ) from None
    if len(found) > 1:
        ids = ", ".join(order.id for order in found)
        raise words.parked(f"several orders there hold our reference: {ids}", case.title, case.order.reference)
    if found:
        _made(case, last.id if last is not None else None, Outcome("found", remote_id=found[0].id), found[0])
        return found[0]
    if last is not None:
        still_open(case, last, len([step for step in unclear if step.is_open or step.kind]))
    return None


def _send(case: Case) -> RemoteOrder:
    if case.wanted.values["order.supplier_remote_id"] is None:
        error = Misconfigured(
            f"the supplier '{case.wanted.supplier_title}' has no id in {case.title}",
            next_step=f"Make it in {case.title}; after the next pull send the order again.",
        )
        raise words.refused(error, case.title, case.order.reference)
    _check_settings(case)
    for line in case.wanted.lines:
        check_known(case, line)
    create = case.push.create
    values = case.values()
    try:
        body = compose(create.body, values, [line.values for line in case.wanted.lines])
        header = JSON.encode(header_told(case)).decode()
        lines = [(line_id, line_told(case, line)) for line in case.wanted.lines for line_id in line.ids]
    except Misconfigured as error:
        raise words.refused(error, case.title, case.order.reference) from None
    step_id, told = send_body(
        case, create, values, body, lambda text: ledger.intend_order(case.connection, case.order, text, header, lines)
    )
    record = own_order.answered(told.body, create.record) if told.outcome == "accepted" else None
    made = own_order.order_of(case.push, record)
    if told.outcome == "accepted" and made is None:
        told = unreadable(told, create.path, f"without an id at '{case.push.id}'")
    judge(case, step_id, told)
    assert made is not None, "judge returns for what was accepted and read"
    _made(case, step_id, Outcome("accepted", told.kind, told.status, remote_id=made.id), made)
    return made


def _made(case: Case, step_id: int | None, outcome: Outcome, made: RemoteOrder) -> None:
    """Write the remote's id down. An id that another order of Optiply has is a person's to judge."""
    other = ledger.owner_of(case.connection, case.order, made.id)
    try:
        if other is None:
            ledger.made(case.connection, case.order, step_id, outcome, made.number)
            case.reload()
            return
        what = f"the order {made.id} there is our order {other} already"
    except (errors.CheckViolation, errors.UniqueViolation) as error:
        what = f"the order {made.id} there belongs to another order of ours: {error.diag.message_primary}"
    raise words.parked(what, case.title, case.order.reference)
