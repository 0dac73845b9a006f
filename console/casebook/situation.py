"""A checkout as its story is told: its row, its operations, the time, and whether a worker lives to go on with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.engine.care.workers import is_worker_alive
from console.engine.driving.locks import was_due
from console.engine.machine import OperationKind, OperationStatus, State
from console.engine.payments.operations import is_settled, statuses_of
from console.engine.record.attention import Cause, causes_about, keeps_causes
from console.wording import ago


def is_driven(lock: Any, *, now: datetime) -> bool:
    """Tell whether somebody drove a checkout at that moment, by the database's clock."""
    return lock.lease_until is not None and bool(lock.lease_until > now)


@dataclass(frozen=True)
class Situation:
    """What a story is told from; `now` is the database's clock, what is due is swept in each slot of `sweep_seconds`.

    `staff_reason` is what somebody in the console gave as theirs for ending it.
    """

    lock: Any
    known: Mapping[str, Any]
    now: datetime
    sweep_seconds: float
    worker_seen_at: datetime | None = None
    staff_reason: str | None = None

    @property
    def is_due(self) -> bool:
        """Tell whether its time has run out."""
        return was_due(self.lock, now=self.now)

    @property
    def is_driven(self) -> bool:
        """Tell whether somebody drives it at this moment."""
        return is_driven(self.lock, now=self.now)

    @property
    def has_lost_driver(self) -> bool:
        """Tell whether its driver died."""
        return self.lock.lease_until is not None and not self.is_driven

    @property
    def has_worker(self) -> bool:
        """Tell whether a worker lives."""
        return is_worker_alive(self.worker_seen_at, now=self.now)

    @property
    def no_worker(self) -> str:
        """Say that no worker lives, and since when."""
        if self.worker_seen_at is None:
            return "no worker is running (none was ever seen)"
        return f"no worker is running (the last was seen {ago(self.worker_seen_at, self.now)})"

    @property
    def open_operations(self) -> list[Any]:
        """Give the operations that have no last word, in the order of their kinds."""
        return [self.known[kind] for kind in OperationKind if kind in self.known and self._is_open(kind)]

    def _is_open(self, kind: str) -> bool:
        return self.known[kind].resolved_at is None

    @property
    def refused_return(self) -> Any | None:
        """Give the void or refund that was refused while the money has no other way back."""
        last = self.known.get(OperationKind.REFUND) or self.known.get(OperationKind.VOID)
        return last if last is not None and last.status == OperationStatus.REFUSED else None

    @property
    def only_a_human_moves(self) -> bool:
        """Tell whether it stands until somebody acts: as the recovery does, which leaves such a checkout alone."""
        if self.lock.needs_attention is None or self.open_operations or self.has_lost_driver:
            return False
        is_broken = "leg" in causes_about(self.lock, Cause.BROKEN)
        owes = self.lock.state == State.ROLLING_BACK and not is_settled(statuses_of(self.known))
        return is_broken or owes or not keeps_causes(self.lock)
