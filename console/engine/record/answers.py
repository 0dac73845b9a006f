"""What a checkout's end tells its shopper: derived from its outcome and its order, so that a replay says the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from console.engine.errors import ENDINGS, CheckoutError, PaymentPending
from console.engine.machine import OperationStatus, State, StepStatus
from console.engine.record.endings import reason_of
from console.engine.store.database import Reader, look, run
from console.engine.store.objects import present, show
from console.engine.store.tables import operations, orders, steps
from console.models import CheckoutLock, Order

_ORDER = select(orders).where(orders.c.lock_id == bindparam("of_lock"))


def answer_of(session: Session, lock: CheckoutLock, row: Row[Any], *, paid_order: Row[Any] | None = None) -> Order:
    """Give the order of a completed checkout, or raise what became of it; brings `lock` up to date. Reads only.

    `paid_order` is its order where the caller completed it; it is not read again.

    Raises:
        Ended: by the outcome, with the facts that its failed phase left.
        PaymentPending: when it is not decided yet; `context["next_action"]` is what the shopper must do.
    """
    show(row, on=lock)
    if row.state == State.COMPLETED:
        order = paid_order or look(session, lambda reader: run(reader, _ORDER, {"of_lock": row.id}).one())
        return present(session, Order, order)
    if row.outcome is not None:
        raise look(session, lambda reader: _ending(reader, row))
    raise look(session, lambda reader: _pending(reader, row))


def _ending(reader: Reader, row: Row[Any]) -> CheckoutError:
    failed = select(steps.c.detail).where(
        steps.c.lock_id == row.id, steps.c.phase == row.phase, steps.c.status == StepStatus.FAILED
    )
    context = reader.scalar(failed) or {}
    return ENDINGS[row.outcome](reason_of(row), phase=row.phase, **context)


def _pending(reader: Reader, row: Row[Any]) -> CheckoutError:
    waiting = select(operations.c.next_action).where(
        operations.c.lock_id == row.id, operations.c.status == OperationStatus.WAITING
    )
    next_action = reader.scalar(waiting)
    if next_action:
        return PaymentPending("The payment waits for the shopper.", phase=row.phase, next_action=next_action)
    return PaymentPending("The payment is not decided yet; ask again.", phase=row.phase)
