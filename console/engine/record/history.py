"""A checkout's history: one row a phase forwards, one for the way back, written with the leg that makes it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.machine import PHASE_STATES, Phase, StepStatus
from console.engine.store.database import dialect_of, in_dialects, write_later
from console.engine.store.tables import steps


def _write(insert: Any) -> Any:
    # The fence stays the one that opened the row: rows stand in the order of their opening, so fences never fall.
    closed = {name: insert.excluded[name] for name in ("status", "finished_at", "detail")}
    return insert.on_conflict_do_update(index_elements=["lock_id", "phase", "is_compensation"], set_=closed)


_COMPENSATION = (StepStatus.COMPENSATING, StepStatus.COMPENSATED)
_WRITE = in_dialects(lambda insert: _write(insert(steps)))
_OPEN = (StepStatus.STARTED, StepStatus.COMPENSATING)


@dataclass
class History:
    """What one transaction adds to the history of a checkout.

    Times are the database's: the lock's `changed_at`, and what passed since then by a monotonic clock, so that a host's
    wrong clock never shows.
    """

    lock: Row[Any]
    began: float = field(default_factory=time.monotonic)
    rows: dict[tuple[Phase, bool], dict[str, Any]] = field(default_factory=dict)

    def now(self) -> datetime:
        """Tell the time."""
        passed: datetime = self.lock.changed_at + timedelta(seconds=time.monotonic() - self.began)
        return passed

    def note(
        self,
        phase: Phase,
        status: StepStatus,
        *,
        started_at: datetime | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Note how a phase goes; a later note on the same phase closes the row that an earlier leg opened."""
        now = self.now()
        is_compensation = status in _COMPENSATION
        self.rows[phase, is_compensation] = {
            "lock_id": self.lock.id,
            "phase": phase,
            "is_compensation": is_compensation,
            "state": PHASE_STATES[phase],
            "status": status,
            "fence": self.lock.fence,
            "started_at": started_at or now,
            "finished_at": None if status in _OPEN else now,
            "detail": detail,
        }

    def write(self, session: Session) -> None:
        """Write the notes, in one statement. Caller commits."""
        if not self.rows:
            return
        write_later(session, _WRITE[dialect_of(session)], list(self.rows.values()))
