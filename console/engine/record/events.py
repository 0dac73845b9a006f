"""Events: written to the outbox in the transaction that makes them true (rule 13)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from console.engine.machine import Outcome
from console.engine.store import signals
from console.engine.store.database import write_later
from console.engine.store.tables import events

STARTED = "CheckoutStarted"
COMPLETED = "CheckoutCompleted"
FAILED = "CheckoutFailed"
EXPIRED = "CheckoutExpired"
RELEASED = "CheckoutReleased"
NEEDS_ATTENTION = "CheckoutNeedsAttention"
PRICE_DRIFT = "PriceDriftDetected"

TERMINAL = (COMPLETED, FAILED, EXPIRED, RELEASED)
_WRITE = insert(events)
_BY_OUTCOME = {Outcome.EXPIRED: EXPIRED, Outcome.RELEASED: RELEASED}


def write_event(session: Session, lock: Row[Any], *, topic: str, **facts: Any) -> None:
    """Write an event of a checkout and have its signal sent after the commit. Caller commits."""
    payload = {"reference": lock.reference, "cart_id": lock.cart_id, "state": lock.state, **facts}
    row = {"lock_id": lock.id, "topic": topic, "is_terminal": topic in TERMINAL, "payload": payload}
    write_later(session, _WRITE, row)
    signals.queue(session, signals.BY_TOPIC[topic], lock_id=lock.id, payload=payload)


def terminal_topic(outcome: str | None) -> str:
    """Tell which event ends a checkout with this outcome; None is a completed one."""
    return COMPLETED if outcome is None else _BY_OUTCOME.get(Outcome(outcome), FAILED)
