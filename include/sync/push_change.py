"""What follows an order that the remote has: its release, the ids of its lines, changes, cancellation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from include.contract.errors import Misconfigured
from include.engine import own_order
from include.engine.compose import EXACT, JSON, holds
from include.engine.own_order import RemoteLine, RemoteOrder
from include.sync import push_words as words
from include.sync.push_case import Case, judge, repeat, send, still_open
from include.sync.push_create import check_known, header_told, line_told
from include.warehouse import push_ledger as ledger
from include.warehouse.push_ledger import Intent, Outcome
from include.warehouse.push_wanted import WantedLine

Told = dict[int, tuple[str | None, str]]
"""What the remote was told: Optiply's line -> the remote's id of it, and JSON."""


def follow(case: Case, remote: RemoteOrder | None) -> None:
    """Bring an order that the remote has to what is wanted. Raises Ends, Stops, or an error of the tree."""
    _vouch(case)
    if case.wanted.is_cancelled:
        _cancel(case)
        return
    for step in case.push.then:
        made = any(earlier.outcome in ("accepted", "found") for earlier in case.steps(step.name))
        if not made and holds(step.when, case.client.values):
            repeat(case, step.name, step, done=step.done)
    _name_lines(case, remote)
    try:
        if _change(case):
            _name_lines(case, None)
    except Misconfigured as error:
        raise words.refused(error, case.title, case.order.reference) from None


def _vouch(case: Case) -> None:
    """Take an order that was never sent from here as it should be: a person, or its reference, says that it is ours."""
    if case.order.sent is None:
        with case.connection.transaction():
            ledger.tell_header(case.connection, case.order, JSON.encode(header_told(case)).decode())
            for line in case.wanted.lines:
                for line_id in line.ids:
                    ledger.tell_line(case.connection, case.order, line_id, line_told(case, line))
        case.reload()


def _cancel(case: Case) -> None:
    if case.wanted.is_completed:
        raise _too_late(case)
    if case.push.cancel is None:
        raise words.by_hand(f"{case.title} has no call that cancels an order", case.title, case.order.reference)
    repeat(case, "cancel", case.push.cancel, done=case.push.cancel.done, gone_is_done=True)


def _too_late(case: Case) -> words.Ends:
    return words.by_hand(
        f"the order is complete in {case.title} and is not changed any more", case.title, case.order.reference
    )


def _name_lines(case: Case, remote: RemoteOrder | None) -> None:
    """Learn the remote's ids of lines that it was told: by product, and of one product in the order of both."""
    told = ledger.told_lines(case.connection, case.order)
    nameless = [line for line in case.wanted.lines if line.ids[0] in told and told[line.ids[0]][0] is None]
    if not nameless:
        return
    there = remote.lines if remote is not None and remote.lines is not None else _read_lines(case)
    free = [line for line in there if line.id not in {known for known, _ in told.values()}]
    named = []
    with case.connection.transaction():
        for line in nameless:
            same = next((other for other in free if other.product == line.product_remote_id), None)
            if same is not None:
                free.remove(same)
                ledger.name_line(case.connection, case.order, line.ids, same.id)
                named.append((line, same))
    _check_pieces(case, named)


def _check_pieces(case: Case, named: Sequence[tuple[WantedLine, RemoteLine]]) -> None:
    """Raise Ends where a line came out as another quantity: boxes there hold something else than lots here."""
    if not holds(case.push.read.lines.pieces_when, case.client.values):
        return
    for line, same in named:
        wanted = line.values["line.quantity"]
        if same.pieces is not None and same.pieces != wanted:
            raise words.came_out_wrong(
                f"'{line.product_title}': Optiply wants {wanted} pieces, and {case.title} has {same.pieces}",
                case.title,
                case.order.reference,
            )


def _read_lines(case: Case) -> list[RemoteLine]:
    return own_order.lines(case.client, case.push, case.values())


def _change(case: Case) -> bool:
    """Tell the remote what differs from what it was told last; return whether something did."""
    told = ledger.told_lines(case.connection, case.order)
    header = header_told(case)
    before = EXACT.decode(case.order.sent or "{}")
    members = sorted(name for name in {*header, *before} if _plain(header.get(name)) != before.get(name))
    kept = {line.ids: _known(line, told) for line in case.wanted.lines}
    gone = [line_id for line_id in told if not any(line_id in ids for ids, known in kept.items() if known is not None)]
    changed = [line for line in case.wanted.lines if kept[line.ids] is not None and _differs(case, line, told)]
    added = [line for line in case.wanted.lines if kept[line.ids] is None]
    if not (members or gone or changed or added):
        return False
    if case.wanted.is_completed:
        raise _too_late(case)
    if members:
        _change_header(case, header, members)
    for line in changed:
        _change_line(case, line, told)
    # Additions first, because some remotes take no order without lines. But a row that is of another product now is
    # told anew under its own number, so what it was has to be gone before.
    moved = [line for line in added if set(line.ids) & set(gone)]
    for line in added:
        if line not in moved:
            _add_line(case, line)
    _remove_lines(case, gone, told, {known for known in kept.values() if known is not None})
    for line in moved:
        _add_line(case, line)
    return True


def _known(line: WantedLine, told: Told) -> int | None:
    """Return the row by which the remote was told of the line; None where it was not, or of another product."""
    rows = (line_id for line_id in line.ids if line_id in told)
    return next((row for row in rows if EXACT.decode(told[row][1])["product"] == line.product_remote_id), None)


def _differs(case: Case, line: WantedLine, told: Told) -> bool:
    new = EXACT.decode(line_told(case, line))
    return any(line_id not in told or EXACT.decode(told[line_id][1]) != new for line_id in line.ids)


def _plain(value: Any) -> Any:
    return EXACT.decode(JSON.encode(value))


def _change_header(case: Case, header: Mapping[str, Any], members: Sequence[str]) -> None:
    fixed = [name for name in members if name in case.push.change.fixed]
    if fixed or case.push.change.header is None:
        what = f"{case.title} does not change {', '.join(fixed or members)} of an order that was sent"
        raise words.by_hand(what, case.title, case.order.reference)
    repeat(case, "header_changed", case.push.change.header)
    ledger.tell_header(case.connection, case.order, JSON.encode(header).decode())


def _change_line(case: Case, line: WantedLine, told: Told) -> None:
    known = _known(line, told)
    remote_id = told[known][0] if known is not None else None
    if case.push.change.change_line is None or remote_id is None:
        raise words.by_hand(
            f"the line of '{line.product_title}' cannot be changed there", case.title, case.order.reference
        )
    check_known(case, line)
    values = {**line.values, "line.remote_id": remote_id}
    repeat(case, "line_changed", case.push.change.change_line, values=values, line_id=line.ids[0])
    with case.connection.transaction():
        for line_id in line.ids:
            ledger.tell_line(case.connection, case.order, line_id, line_told(case, line))
        ledger.name_line(case.connection, case.order, line.ids, remote_id)


def _add_line(case: Case, line: WantedLine) -> None:
    """Add a line, once: a call of which nobody knows is looked up among the order's lines first."""
    call, line_id = case.push.change.add_line, line.ids[0]
    if call is None:
        raise words.by_hand(f"a line of '{line.product_title}' cannot be added there", case.title, case.order.reference)
    check_known(case, line)
    unclear = [step for step in case.steps("line_added", line_id) if step.is_open or step.outcome == "absent"]
    if unclear:
        taken = {known for known, _ in ledger.told_lines(case.connection, case.order).values()}
        free = (other for other in _read_lines(case) if other.id not in taken)
        same = next((other for other in free if other.product == line.product_remote_id), None)
        if same is not None:
            _added(case, line, unclear[-1].id, Outcome("found", remote_id=same.id))
            return
        still_open(case, unclear[-1], len(unclear))
    step_id, told = send(
        case,
        call,
        case.values(line.values),
        lambda body: ledger.intend(case.connection, case.order, Intent("line_added", body, line_id)),
    )
    judge(case, step_id, told)
    record = own_order.answered(told.body, [""]) if call.id is not None else None
    remote_id = own_order.text(own_order.at(record, call.id or "")) if record is not None else None
    _added(case, line, step_id, Outcome("accepted", told.kind, told.status, remote_id=remote_id))


def _added(case: Case, line: WantedLine, step_id: int, outcome: Outcome) -> None:
    with case.connection.transaction():
        ledger.finish(case.connection, step_id, outcome)
        for line_id in line.ids:
            ledger.tell_line(case.connection, case.order, line_id, line_told(case, line))
        if outcome.remote_id is not None:
            ledger.name_line(case.connection, case.order, line.ids, outcome.remote_id)


def _remove_lines(case: Case, gone: Sequence[int], told: Told, kept: set[int]) -> None:
    """Take lines off; of several rows that were sent as one, the remote's line goes with the last of them."""
    still_there = {told[line_id][0] for line_id in kept}
    for line_id in gone:
        remote_id = told[line_id][0]
        if remote_id not in still_there:
            if case.push.change.remove_line is None or remote_id is None:
                raise words.by_hand("a line cannot be taken off there", case.title, case.order.reference)
            repeat(
                case,
                "line_removed",
                case.push.change.remove_line,
                values={"line.remote_id": remote_id},
                line_id=line_id,
                gone_is_done=True,
            )
            still_there.add(remote_id)
        ledger.forget_line(case.connection, case.order, line_id)
