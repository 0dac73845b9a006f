"""The sweep: every due checkout is expired, and one that cannot be stops none of the others."""

from __future__ import annotations

import threading

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.engine.database import look
from console.engine.expiry import expire_if_due
from console.engine.locks import is_due
from console.engine.tables import locks

MOST_FAILURES = 10  # by then it is not this or that checkout that fails

log = structlog.get_logger(__name__)


def sweep_due(session: Session, *, stop: threading.Event) -> None:
    """Expire what is due, oldest first, until told to stop; what fails is left to the next sweep. Own transactions."""
    query = select(locks.c.id).where(is_due()).order_by(locks.c.expires_at)
    ids = look(session, lambda reader: list(reader.scalars(query)))
    swept, failed = 0, 0
    for lock_id in ids:
        if stop.is_set() or failed == MOST_FAILURES:
            break
        try:
            expire_if_due(session, lock_id)
            swept += 1
        except Exception:
            log.exception("expiry_failed", lock_id=lock_id)
            failed += 1
    log.info("swept", checkouts=swept, failed=failed)
