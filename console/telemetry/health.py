"""The checks behind /health/checkout: what a pager wants to know of the checkouts, each asked on its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast
from weakref import WeakKeyDictionary

import redis
from sqlalchemy import ColumnElement, Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from console.engine.care.invariants import check_cheap
from console.engine.care.workers import WORKER_LOST_AFTER_SECONDS
from console.engine.driving.locks import is_due, is_stuck, needs_attention
from console.engine.errors import DatabaseSlow, DatabaseTrouble
from console.engine.store.database import was_stopped
from console.engine.store.tables import events, locks
from console.flask_config import REDIS_TIMEOUTS
from console.models import WorkerHeartbeat
from console.models.types import clock
from console.settings import Settings
from console.telemetry.disk import disk_fault
from console.telemetry.sql import epoch_seconds
from console.wording import lasting

SAMPLED_SECONDS = 10
OLDEST_EVENT_SECONDS = 300

CheckStatus = Literal["ok", "warning", "error"]
OVERALL = {"ok": "healthy", "warning": "degraded", "error": "unhealthy"}
SEVERITY: tuple[CheckStatus, ...] = ("ok", "warning", "error")


@dataclass(frozen=True)
class Check:
    """What one check found; `count` where it counts something."""

    status: CheckStatus
    message: str
    count: int | None = None


@dataclass(frozen=True)
class Health:
    """All checks by name, and when they were made."""

    checks: dict[str, Check]
    checked_at: datetime

    @property
    def status(self) -> str:
        """The worst of the checks, as healthy, degraded or unhealthy."""
        return OVERALL[max((check.status for check in self.checks.values()), key=SEVERITY.index)]

    def as_json(self) -> dict[str, Any]:
        """Build the document that /health/checkout answers."""
        checks = {
            name: {key: value for key, value in asdict(check).items() if value is not None}
            for name, check in self.checks.items()
        }
        return {"status": self.status, "checks": checks, "timestamp": self.checked_at.isoformat()}


def check_health(session: Session, settings: Settings) -> Health:
    """Make every check; one that the database does not answer says so itself and stops no other."""
    checks: dict[str, Callable[[], Check]] = {
        "database": lambda: _database(session),
        "expired_locks": lambda: _expired_locks(session, tolerated_seconds=2 * settings.sweep_seconds),
        "stuck_checkouts": lambda: _stuck_checkouts(session),
        "worker": lambda: _worker(session),
        "events": lambda: _events(session),
        "invariants": lambda: _sample_of(session).take(lambda: _answer(session, lambda: _invariants(session))),
    }
    found = {name: _answer(session, check) for name, check in checks.items()}
    outside = {"redis": _redis(settings.redis_url), "disk": _disk(settings.instance_path)}
    return Health({**found, **outside}, datetime.now(UTC))


def _answer(session: Session, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except (DatabaseTrouble, SQLAlchemyError) as error:
        if isinstance(error, DatabaseSlow) or was_stopped(error):
            return Check("warning", "the database took too long over this and stopped: it is not known")
        return Check("error", f"the database could not tell ({type(error).__name__})")
    finally:
        session.rollback()


def _database(session: Session) -> Check:
    session.execute(text("SELECT 1"))
    return Check("ok", "the database answers")


def _expired_locks(session: Session, *, tolerated_seconds: float) -> Check:
    count = _count(session, is_due())
    overdue = _count(session, is_due(for_seconds=tolerated_seconds)) if count else 0
    if overdue:
        return Check("warning", f"{_some(overdue, 'due checkout')} missed by two sweeps", count)
    return Check("ok", f"{_some(count, 'due checkout')} waiting for the next sweep", count)


def _stuck_checkouts(session: Session) -> Check:
    count = _count(session, is_stuck())
    if not count:
        return Check("ok", "no checkout is stuck", 0)
    people = _count(session, needs_attention())
    return Check("warning", f"{_some(count, 'checkout')} stuck, {people} in need of somebody's attention", count)


def _worker(session: Session) -> Check:
    heartbeats = select(func.count()).select_from(WorkerHeartbeat)
    if not session.scalar(heartbeats):
        return Check("warning", "no worker was ever seen", 0)
    alive = session.scalar(heartbeats.where(WorkerHeartbeat.seen_at > clock(-WORKER_LOST_AFTER_SECONDS))) or 0
    if alive:
        return Check("ok", f"{_some(alive, 'worker')} seen within {WORKER_LOST_AFTER_SECONDS} s", alive)
    return Check("error", f"no worker was seen for {WORKER_LOST_AFTER_SECONDS} s: nothing is swept or recovered", 0)


def _events(session: Session) -> Check:
    age = epoch_seconds(clock()) - func.min(epoch_seconds(events.c.created_at))
    count, oldest_seconds = session.execute(select(func.count(), age).where(events.c.delivered_at.is_(None))).one()
    if not count:
        return Check("ok", "every event is delivered", 0)
    status: CheckStatus = "warning" if oldest_seconds > OLDEST_EVENT_SECONDS else "ok"
    told = f"{_some(count, 'event')} not delivered yet, the oldest written {lasting(oldest_seconds)} ago"
    return Check(status, told, count)


class _Sample:
    """A check that this process makes at most every so often, by one thread at a time: whoever likes may ask for it.

    Those who come meanwhile get what was found last, and wait only where nothing was found yet.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._found: Check | None = None
        self._taken_at = 0.0

    def take(self, make: Callable[[], Check]) -> Check:
        """Give what was found last, or make the check when that is old."""
        found = self._found
        if not self._guard.acquire(blocking=found is None):
            return cast(Check, found)
        try:
            if self._found is None or time.monotonic() - self._taken_at >= SAMPLED_SECONDS:
                self._found, self._taken_at = make(), time.monotonic()
            return self._found
        finally:
            self._guard.release()


_samples: WeakKeyDictionary[Engine, _Sample] = WeakKeyDictionary()


def _sample_of(session: Session) -> _Sample:
    return _samples.setdefault(session.get_bind().engine, _Sample())


def _invariants(session: Session) -> Check:
    violations = check_cheap(session)
    if not violations:
        return Check("ok", "every cheap invariant holds", 0)
    titles = ", ".join(sorted({violation.title for violation in violations}))
    return Check("error", f"broken: {titles}", len(violations))


def _redis(redis_url: str | None) -> Check:
    if not redis_url:
        return Check("ok", "not configured: limits and cache are in process")
    try:
        with redis.Redis.from_url(redis_url, **REDIS_TIMEOUTS) as client:
            client.ping()
    except redis.RedisError as error:
        return Check("warning", f"out of reach ({type(error).__name__}): limits are in process, nothing is cached")
    return Check("ok", "Redis answers")


def _disk(folder: Path) -> Check:
    if fault := disk_fault(folder):
        return Check("error", f"the instance folder takes no writes ({fault})")
    return Check("ok", "the instance folder takes writes")


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(locks).where(condition)) or 0


def _some(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
