"""Delivery of events from the outbox: at least once, in order per checkout, over any number of workers.

A claim is a lease: whoever dies with an event in hand leaves it to the others once the lease has lapsed. `attempts`
rises with each claim and so tells the holder of a lapsed one that the event is no longer its own.
"""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import ColumnElement, Select, exists, or_, select, update
from sqlalchemy.orm import Session

from console.engine.store.database import look, transact
from console.engine.store.tables import events
from console.jobs.listeners import Event, heard_topics, listeners_of
from console.models.types import clock

LEASE_SECONDS = 60
FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 3600
UNHEARD_AT_ONCE = 500
LONGEST_ERROR = 2000

log = structlog.get_logger(__name__)


def deliver_next(session: Session, *, worker_id: str) -> bool:
    """Deliver the oldest event that is free; tell whether there was one. Own transactions.

    Raises:
        Exception: whatever a listener raises; it is recorded, and the event delivered again after a pause.
    """
    # Read first: on SQLite a claim takes the only write lock, too dear for a look into an empty box.
    if look(session, lambda reader: reader.scalar(_free_events())) is None:
        return False
    event = transact(session, lambda: _claim(session, worker_id))
    if event is None:
        return False
    try:
        for listener in listeners_of(event.topic):
            listener(event)
    except Exception as error:
        told = f"{type(error).__name__}: {error}".replace("\x00", "")[:LONGEST_ERROR]
        pause = clock(pause_seconds(event.attempts))
        transact(session, lambda: _close(session, event, claimed_until=pause, last_error=told))
        raise
    transact(session, lambda: _close(session, event, claimed_until=None, delivered_at=clock()))
    log.info("event_delivered", event_id=event.id, topic=event.topic, lock_id=event.lock_id)
    return True


def pass_unheard(session: Session) -> bool:
    """Mark events that nobody listens to as delivered, some at a time; tell whether there were any. Own transaction."""
    unheard = (events.c.delivered_at.is_(None), events.c.topic.not_in(heard_topics()))
    query = select(events.c.id).where(*unheard).order_by(events.c.id).limit(UNHEARD_AT_ONCE)
    ids = look(session, lambda reader: list(reader.scalars(query)))
    if ids:
        passed = update(events).where(events.c.id.in_(ids), *unheard).values(delivered_at=clock())
        transact(session, lambda: session.execute(passed))
    return bool(ids)


def pause_seconds(attempts: int) -> int:
    """Tell how long a failed event rests before its next delivery: doubling, an hour at most."""
    return int(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempts - 1, 20)))


def _free_events() -> Select[tuple[int]]:
    """Build the query for the oldest event that nobody holds and that no earlier one of its checkout holds back."""
    earlier = events.alias("earlier")
    is_next = ~exists().where(
        earlier.c.lock_id == events.c.lock_id, earlier.c.id < events.c.id, earlier.c.delivered_at.is_(None)
    )
    heard = events.c.topic.in_(heard_topics())
    query = select(events.c.id).where(events.c.delivered_at.is_(None), heard, _is_unclaimed(), is_next)
    return query.order_by(events.c.id).limit(1)


def _is_unclaimed() -> ColumnElement[bool]:
    return or_(events.c.claimed_until.is_(None), events.c.claimed_until <= clock())


def _claim(session: Session, worker_id: str) -> Event | None:
    # A common table expression that locks rows is run once; a plain subquery may be run again for each row.
    free = _free_events().with_for_update(skip_locked=True, of=events).cte("free")
    lease = {
        "claimed_by": worker_id,
        "claimed_until": clock(LEASE_SECONDS),
        "attempts": events.c.attempts + 1,
    }
    facts = [events.c[name] for name in ("id", "lock_id", "topic", "payload", "created_at", "attempts")]
    claimed = update(events).where(events.c.id.in_(select(free.c.id))).values(lease).returning(*facts)
    row = session.execute(claimed).one_or_none()
    return None if row is None else Event(**row._mapping)


def _close(session: Session, event: Event, **values: Any) -> None:
    """Give a claimed event back, delivered or not, unless the lease lapsed and another holds it. Caller commits."""
    mine = (events.c.id == event.id, events.c.attempts == event.attempts, events.c.delivered_at.is_(None))
    session.execute(update(events).where(*mine).values(claimed_by=None, **values))
