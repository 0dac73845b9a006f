"""Late money: what a checkout that has gone back still owes its shopper, and when it is written down (rule 3).

A void or refund is written in the transaction that records the fact it follows from; the call comes after the commit.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.driving.locks import change
from console.engine.machine import OperationKind, OperationStatus, State
from console.engine.payments.operations import (
    Operations,
    is_settled,
    operations_of,
    raise_operation,
    statuses_of,
    write_operation,
)
from console.engine.record.attention import Cause, demand

GIVES_BACK = {OperationKind.AUTHORIZE: OperationKind.VOID, OperationKind.CAPTURE: OperationKind.REFUND}


def give_back(session: Session, lock: Row[Any], known: Operations) -> Row[Any] | None:
    """Write the void or refund that a checkout going back owes, unless it exists. Caller holds the lock row, commits.

    A captured amount is refunded; an authorization that succeeded, or still may, is voided.
    """
    capture = known.get(OperationKind.CAPTURE)
    if capture and capture.status == OperationStatus.SUCCEEDED:
        return _write_once(session, lock, known, kind=OperationKind.REFUND, of=capture)
    authorize = known.get(OperationKind.AUTHORIZE)
    if authorize and authorize.status in (OperationStatus.SUCCEEDED, OperationStatus.WAITING):
        return _write_once(session, lock, known, kind=OperationKind.VOID, of=authorize)
    return None


def _write_once(
    session: Session, lock: Row[Any], known: Operations, *, kind: OperationKind, of: Row[Any]
) -> Row[Any] | None:
    if kind in known:
        return None
    return write_operation(session, lock, kind, amount_minor=of.amount, currency=of.currency)


def take_late_money(session: Session, lock: Row[Any], raised: Row[Any]) -> Row[Any]:
    """Send money back that came after the checkout had gone back (rule 3). Caller holds the lock row and commits."""
    known = operations_of(session, lock.id)
    if is_settled(statuses_of(known)):
        return lock  # a void was faster: nothing is held
    had_failed = lock.state == State.FAILED
    if had_failed:
        lock = change(session, lock.id, state=State.ROLLING_BACK)
    give_back(session, lock, known)
    if had_failed or raised.kind == OperationKind.CAPTURE:
        what = "captured" if raised.kind == OperationKind.CAPTURE else "authorized"
        message = f"The gateway {what} the payment after the checkout had ended; the money is being given back."
        return demand(session, lock, Cause.LATE, message, about=raised.kind)
    return lock


def refund_found_capture(session: Session, lock: Row[Any]) -> Row[Any]:
    """Refund what a void found captured: the capture happened after all. Caller holds the lock row and commits."""
    known = operations_of(session, lock.id)
    capture = known.get(OperationKind.CAPTURE)
    if capture is None:
        authorize = known[OperationKind.AUTHORIZE]
        amount = {"amount_minor": authorize.amount, "currency": authorize.currency}
        capture = write_operation(session, lock, OperationKind.CAPTURE, **amount)
        message = "The gateway captured a payment that we only had authorized; it is being refunded."
        lock = demand(session, lock, Cause.LATE, message, about=OperationKind.CAPTURE)
    raised = raise_operation(session, capture, status=OperationStatus.SUCCEEDED)
    return lock if raised is None else take_late_money(session, lock, raised)
