"""Recovery: checkouts whose driver died, or whose next try is due, are taken over and driven to an end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, Select, case, exists, or_, select
from sqlalchemy.orm import Session

from console.engine.driving.locks import read_lock, touch
from console.engine.driving.walk import drive_on
from console.engine.errors import DatabaseUnavailable, InProgress
from console.engine.machine import DRIVEN, OperationKind, OperationStatus, State
from console.engine.payments.operations import operations_of
from console.engine.record.attention import Cause, demand, has_causes, is_called_for
from console.engine.runtime import CheckoutConfig, runtime_of
from console.engine.staff.open_actions import close_action, is_action_open
from console.engine.store.database import look, transact
from console.engine.store.tables import locks, operations
from console.models.types import clock

log = structlog.get_logger("checkout")

OnDefect = Callable[[str, Exception], None]  # hears which one of many failed, and how
_LOOKAHEAD = 20  # a worker that finds the first ones taken by its siblings goes on to the next


def ignore(_which: str, _error: Exception) -> None:
    """Hear of a defect, and leave it at its log line."""


class _Taken(Exception):
    """Another worker has the checkout in hand, or is done with it."""


def recover(session: Session, *, limit: int = 100) -> int:
    """Drive interrupted checkouts on, at most so many; tell how many got any further. Own transactions.

    A payment that has no last word past its time-out then is brought to somebody's attention.
    """
    moved = drive_interrupted(session, limit=limit)
    call_for_overdue(session)
    return moved


def drive_interrupted(session: Session, *, limit: int, on_defect: OnDefect = ignore) -> int:
    """Drive interrupted checkouts on, at most so many; tell how many got any further. Own transactions.

    First those whose driver died, then the longest unchanged. One that fails by a defect is logged and keeps no other
    waiting; `on_defect` hears of it.
    """
    return sum(_recover_one(session, lock_id, on_defect) or 0 for lock_id in find_interrupted(session, limit=limit))


def recover_next(session: Session) -> bool:
    """Drive one interrupted checkout on that nobody else has taken; tell whether another may wait. Own transactions.

    What is driven is put off until its next try is due, or stands last in the row: one that stays in doubt keeps no
    other waiting. One that could be driven again at once, without having got any further, is left to rest.
    """
    for lock_id in find_interrupted(session, limit=_LOOKAHEAD):
        moved = _recover_one(session, lock_id)
        if moved is not None:
            return moved or not _is_candidate(session, lock_id)
    return False


def _is_candidate(session: Session, lock_id: int) -> bool:
    query = select(locks.c.id).where(locks.c.id == lock_id, _is_interrupted())
    return look(session, lambda reader: reader.scalar(query)) is not None


def call_for_overdue(session: Session, *, limit: int = 100, on_defect: OnDefect = ignore) -> list[str]:
    """Ask for a human where a payment has no last word past its time-out; give the references. Own transactions.

    One that fails by a defect is logged and keeps no other waiting; `on_defect` hears of it.
    """
    query = overdue_operations(runtime_of(session).config).limit(limit)
    found = look(session, lambda reader: list(reader.execute(query)))
    return [row.reference for row in found if _is_called_for(session, row, on_defect)]


def _is_called_for(session: Session, row: Row[Any], on_defect: OnDefect) -> bool:
    try:
        return transact(session, _call_for(session, row.lock_id, row.kind))
    except DatabaseUnavailable:
        raise
    except Exception as error:
        log.exception("nobody_called", reference=row.reference)
        on_defect(row.reference, error)
        return False


def overdue_operations(config: CheckoutConfig) -> Select[Any]:
    """Build the query for operations without a last word past their time-out that nobody was called for.

    An authorization that waits for its shopper has the checkout's own deadline, which *extend* moves, and no other.
    """
    timeout = case(
        (operations.c.kind == OperationKind.AUTHORIZE, config.auth_timeout_seconds),
        else_=config.capture_timeout_seconds,
    )
    with_shopper = (locks.c.state == State.AUTHORIZING) & (operations.c.status == OperationStatus.WAITING)
    return (
        select(operations.c.lock_id, locks.c.reference, *operations.c["kind", "status", "created_at"])
        .join(locks, locks.c.id == operations.c.lock_id)
        .where(
            operations.c.resolved_at.is_(None),
            locks.c.needs_attention.is_(None),
            operations.c.created_at <= clock(-timeout),
            ~with_shopper,
        )
        .order_by(operations.c.id)
    )


def _call_for(session: Session, lock_id: int, kind: str) -> Callable[[], bool]:
    def call() -> bool:
        lock = touch(session, lock_id)
        operation = operations_of(session, lock_id)[kind]
        if operation.resolved_at is not None or lock.needs_attention is not None:
            return False
        demand(session, lock, Cause.UNANSWERED, _overdue(operation), about=kind)
        return True

    return call


def _overdue(operation: Row[Any]) -> str:
    call = OperationKind(operation.kind).noun
    if operation.status == OperationStatus.WAITING:
        return f"The gateway is still working on the {call}, past its time-out; how it ends is not known."
    return f"The {call} has no answer past its time-out; whether it happened is unknown."


def find_interrupted(session: Session, *, limit: int) -> list[int]:
    """Find the checkouts that the recovery would drive now, at most so many; give their ids. Reads only."""
    # A driver that died stands before the doubts of a gateway that may be silent for minutes.
    first = (locks.c.lease_until.is_(None), locks.c.changed_at, locks.c.id)
    query = select(locks.c.id).where(_is_interrupted()).order_by(*first).limit(limit)
    return look(session, lambda reader: list(reader.scalars(query)))


def _recover_one(session: Session, lock_id: int, on_defect: OnDefect = ignore) -> bool | None:
    """Drive one on; tell whether it got any further, None when somebody else has it or it cannot be driven."""

    def claim() -> None:
        mine = select(locks.c.id).where(locks.c.id == lock_id, _is_interrupted())
        if session.execute(mine.with_for_update(skip_locked=True, of=locks)).one_or_none() is None:
            raise _Taken

    try:
        before = look(session, lambda reader: read_lock(reader, lock_id))
        lock = drive_on(session, before, claim=claim)
    except (InProgress, _Taken):
        return None
    except DatabaseUnavailable:
        raise
    except Exception as error:
        log.exception("checkout_not_recovered", lock_id=lock_id)
        on_defect(f"checkout {lock_id}", error)
        return None
    if is_action_open(lock):  # whoever began it has died
        close_action(session, lock_id)
    log.info("checkout_recovered", reference=lock.reference, state=lock.state, outcome=lock.outcome)
    return bool(lock.state != before.state)


def _is_interrupted() -> ColumnElement[bool]:
    """A lapsed lease means that the driver died. Without any lease there is something to do when an operation's next
    try is due, or when none is open: then a fact came while nobody drove. What only a human moves is left alone.
    """
    died = locks.c.lease_until <= clock()
    unmoved = ~_has_open_operation() & or_(locks.c.needs_attention.is_(None), _moves_though_a_human_is_called())
    return locks.c.state.in_(DRIVEN) & or_(died, locks.c.lease_until.is_(None) & or_(_has_due_operation(), unmoved))


def _moves_though_a_human_is_called() -> ColumnElement[bool]:
    """The human is called for something else than what the next step waits for."""
    is_going_back = locks.c.state == State.ROLLING_BACK
    return has_causes() & ~is_called_for(Cause.BROKEN, about="leg") & ~(is_going_back & _holds_money())


def _holds_money() -> ColumnElement[bool]:
    captured, refunded = _succeeded(OperationKind.CAPTURE), _succeeded(OperationKind.REFUND)
    authorized, voided = _succeeded(OperationKind.AUTHORIZE), _succeeded(OperationKind.VOID)
    return ~refunded & or_(captured, authorized & ~voided)


def _succeeded(kind: OperationKind) -> ColumnElement[bool]:
    mine = (operations.c.lock_id == locks.c.id, operations.c.kind == kind)
    return exists().where(*mine, operations.c.status == OperationStatus.SUCCEEDED)


def _has_open_operation() -> ColumnElement[bool]:
    return exists().where(operations.c.lock_id == locks.c.id, operations.c.resolved_at.is_(None))


def _has_due_operation() -> ColumnElement[bool]:
    due = or_(operations.c.next_attempt_at.is_(None), operations.c.next_attempt_at <= clock())
    return exists().where(operations.c.lock_id == locks.c.id, operations.c.resolved_at.is_(None), due)
