"""Whether a worker lives, by its last beat: one definition for the health check and for all that counts on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, func, select

from console.models import WorkerHeartbeat

WORKER_LOST_AFTER_SECONDS = 15  # three beats missed


def last_beat() -> ScalarSelect[Any]:
    """Build the query for the last beat of whichever worker, to be read beside something else; None: never seen."""
    return select(func.max(WorkerHeartbeat.seen_at)).scalar_subquery()


def is_worker_alive(seen_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether a worker lives whose last beat was then, at that moment by the database's clock."""
    return seen_at is not None and (now - seen_at).total_seconds() <= WORKER_LOST_AFTER_SECONDS
