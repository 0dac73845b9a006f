"""Recovery: checkouts whose driver died, or whose next try is due, are taken over and driven to an end."""

from __future__ import annotations

import structlog
from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from console.engine.database import look
from console.engine.errors import DatabaseUnavailable, InProgress
from console.engine.locks import read_lock
from console.engine.machine import DRIVEN, OperationStatus
from console.engine.tables import locks, operations
from console.engine.walk import drive_on
from console.models.types import clock

log = structlog.get_logger("checkout")


def recover(session: Session, *, limit: int = 100) -> int:
    """Drive interrupted checkouts on, the longest unchanged first; tell how many got any further. Own transactions.

    One that fails by a defect is logged and does not keep the others waiting.
    """
    query = select(locks.c.id).where(_is_interrupted()).order_by(locks.c.changed_at, locks.c.id).limit(limit)
    ids = look(session, lambda reader: list(reader.scalars(query)))
    return sum(_recover_one(session, lock_id) for lock_id in ids)


def _recover_one(session: Session, lock_id: int) -> bool:
    before = lock = look(session, lambda reader: read_lock(reader, lock_id))
    try:
        lock = drive_on(session, before)
    except InProgress:
        return False
    except DatabaseUnavailable:
        raise
    except Exception:
        log.exception("checkout_not_recovered", reference=lock.reference)
        return False
    log.info("checkout_recovered", reference=lock.reference, state=lock.state, outcome=lock.outcome)
    return bool(lock.state != before.state)


def _is_interrupted() -> ColumnElement[bool]:
    """A lapsed lease means that the driver died. Without any lease there is something to do when an operation's next
    try is due, or when none is open: then a fact came while nobody drove. What needs a human is left alone.
    """
    died = locks.c.lease_until <= clock()
    unmoved = ~_has_open_operation() & locks.c.needs_attention.is_(None)
    return locks.c.state.in_(DRIVEN) & or_(died, locks.c.lease_until.is_(None) & or_(_has_due_operation(), unmoved))


def _has_open_operation() -> ColumnElement[bool]:
    return exists().where(operations.c.lock_id == locks.c.id, operations.c.resolved_at.is_(None))


def _has_due_operation() -> ColumnElement[bool]:
    due = or_(operations.c.next_attempt_at.is_(None), operations.c.next_attempt_at <= clock())
    sendable = operations.c.status.in_((OperationStatus.PENDING, OperationStatus.UNKNOWN))
    return exists().where(operations.c.lock_id == locks.c.id, sendable, due)
