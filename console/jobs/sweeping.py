"""The sweep: every due checkout is expired, and one that cannot be stops none of the others."""

from __future__ import annotations

import threading

import structlog
from sqlalchemy.orm import Session

from console.engine.driving.expiry import expire_due

log = structlog.get_logger(__name__)


def sweep_due(session: Session, *, stop: threading.Event) -> None:
    """Expire what is due, oldest first, until told to stop; its money is the recovery's. Own transactions."""
    log.info("swept", checkouts=expire_due(session, is_stopped=stop.is_set, settles=False))
