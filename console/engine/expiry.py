"""Time running out: a due checkout is expired in a transaction of its own, by whoever meets it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from console.engine.database import look, transact
from console.engine.errors import LostRace
from console.engine.locks import is_due, read_lock
from console.engine.machine import Outcome
from console.engine.rollback import expire_row
from console.engine.tables import locks
from console.engine.walk import settle


def expire_if_due(session: Session, lock_id: int) -> Row[Any]:
    """Expire a checkout if it is due, settle its money, and give it as it is now. Own transactions.

    Raises:
        NotFound: when there is no such lock.
    """
    due = select(locks.c.id).where(locks.c.id == lock_id, is_due())
    if look(session, lambda reader: reader.scalar(due)) is None:
        return look(session, lambda reader: read_lock(reader, lock_id))
    try:
        row = transact(session, lambda: expire_row(session, read_lock(session, lock_id)))
    except LostRace:
        return look(session, lambda reader: read_lock(reader, lock_id))
    return settle(session, row)


def expire_due(session: Session, *, limit: int | None = None) -> int:
    """Expire what is due, oldest first; tell how many were. Own transactions, one a checkout."""
    query = select(locks.c.id).where(is_due()).order_by(locks.c.expires_at).limit(limit)
    ids = look(session, lambda reader: list(reader.scalars(query)))
    return sum(expire_if_due(session, lock_id).outcome == Outcome.EXPIRED for lock_id in ids)
