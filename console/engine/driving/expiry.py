"""Time running out: a due checkout is expired in a transaction of its own, by whoever meets it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from console.engine.driving.locks import is_due, read_lock
from console.engine.driving.recovery import OnDefect, ignore
from console.engine.driving.rollback import expire_row
from console.engine.driving.walk import settle
from console.engine.errors import DatabaseUnavailable, LostRace
from console.engine.machine import Outcome
from console.engine.store.database import look, transact
from console.engine.store.tables import locks

log = structlog.get_logger("checkout")


def undo_if_due(session: Session, lock_id: int) -> Row[Any]:
    """Expire a checkout if it is due, and give it as it is now. Own transaction.

    No gateway is called: the money is settled by a caller who drives the checkout on, or else by the recovery, at once.

    Raises:
        NotFound: when there is no such lock.
    """
    due = select(locks.c.id).where(locks.c.id == lock_id, is_due())
    if look(session, lambda reader: reader.scalar(due)) is not None:
        with suppress(LostRace):
            return transact(session, lambda: expire_row(session, read_lock(session, lock_id)))
    return look(session, lambda reader: read_lock(reader, lock_id))


def expire_due(
    session: Session,
    *,
    limit: int | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
    settles: bool = True,
    on_defect: OnDefect = ignore,
) -> int:
    """Expire what is due, oldest first, until told to stop; tell how many were. Own transactions, one a checkout.

    What is ours is given back of all of them before any gateway is called: one that is silent keeps no cart and no
    stock of the others. Without `settles` the money is left to the recovery. `on_defect` hears of each that failed.

    Raises:
        DatabaseUnavailable: when the database is out of reach; what is left is expired by the next sweep.
    """
    query = select(locks.c.id).where(is_due()).order_by(locks.c.expires_at).limit(limit)
    ids = look(session, lambda reader: list(reader.scalars(query)))
    attempt = partial(_attempt, on_defect=on_defect)
    undone = [attempt(partial(undo_if_due, session, lock_id), lock_id) for lock_id in ids if not is_stopped()]
    expired = [row for row in undone if row is not None and row.outcome == Outcome.EXPIRED]
    for row in expired if settles else ():
        if not is_stopped():
            attempt(partial(settle, session, row), row.id)
    return len(expired)


def _attempt(step: Callable[[], Row[Any]], lock_id: int, *, on_defect: OnDefect) -> Row[Any] | None:
    """Do a step for one of many: a defect in one does not keep the others waiting."""
    try:
        return step()
    except DatabaseUnavailable:
        raise
    except Exception as error:
        log.exception("checkout_not_expired", lock_id=lock_id)
        on_defect(f"checkout {lock_id}", error)
        return None
