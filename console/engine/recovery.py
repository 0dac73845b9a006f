"""Recovery: checkouts whose driver died, or whose next try is due, are taken over and driven to an end."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from console.engine.database import look
from console.engine.errors import InProgress
from console.engine.locks import read_lock
from console.engine.machine import DRIVEN
from console.engine.tables import locks, operations
from console.engine.walk import drive_on
from console.models.types import clock

log = structlog.get_logger("checkout")


def recover(session: Session, *, limit: int = 100) -> int:
    """Drive interrupted checkouts on; tell how many were taken over. Own transactions."""
    query = select(locks.c.id).where(_is_interrupted()).order_by(locks.c.lease_until, locks.c.id).limit(limit)
    ids = look(session, lambda reader: list(reader.scalars(query)))
    return sum(_recover_one(session, lock_id) for lock_id in ids)


def _recover_one(session: Session, lock_id: int) -> bool:
    lock = look(session, lambda reader: read_lock(reader, lock_id))
    try:
        lock = drive_on(session, lock)
    except InProgress:
        return False
    log.info("checkout_recovered", reference=lock.reference, state=lock.state, outcome=lock.outcome)
    return True


def _is_interrupted() -> ColumnElement[bool]:
    """A lapsed lease means that the driver died; without any lease, only a due next try calls for one."""
    died = locks.c.lease_until <= clock()
    idle = locks.c.lease_until.is_(None)
    return locks.c.state.in_(DRIVEN) & or_(died, idle & ~_rests())


def _rests() -> Any:
    """Build the condition that some operation's next try lies ahead, or that it waits for its shopper."""
    later = or_(operations.c.next_attempt_at > clock(), operations.c.status == "waiting")
    return exists().where(operations.c.lock_id == locks.c.id, operations.c.resolved_at.is_(None), later)
