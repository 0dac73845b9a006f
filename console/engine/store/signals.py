"""Blinker signals, sent in process once the transaction that made them true is committed."""

from __future__ import annotations

from typing import Any

import structlog
from blinker import Namespace
from sqlalchemy.orm import Session

log = structlog.get_logger("checkout")
_namespace = Namespace()
_QUEUE = "checkout_signals"

checkout_started = _namespace.signal("checkout_started")
checkout_completed = _namespace.signal("checkout_completed")
checkout_failed = _namespace.signal("checkout_failed")
checkout_expired = _namespace.signal("checkout_expired")
checkout_released = _namespace.signal("checkout_released")
checkout_needs_attention = _namespace.signal("checkout_needs_attention")
price_drift_detected = _namespace.signal("price_drift_detected")
# Any commit that an onlooker of the cart or of its checkout could see; arguments cart_id and lock_id.
checkout_changed = _namespace.signal("checkout_changed")

BY_TOPIC = {
    "CheckoutStarted": checkout_started,
    "CheckoutCompleted": checkout_completed,
    "CheckoutFailed": checkout_failed,
    "CheckoutExpired": checkout_expired,
    "CheckoutReleased": checkout_released,
    "CheckoutNeedsAttention": checkout_needs_attention,
    "PriceDriftDetected": price_drift_detected,
}


def queue(session: Session, signal: Any, **facts: Any) -> None:
    """Have a signal sent after the commit of the transaction under way; the same one is sent once."""
    queued = session.info.setdefault(_QUEUE, [])
    if (signal, facts) not in queued:
        queued.append((signal, facts))


def forget(session: Session) -> None:
    """Drop what is queued: its transaction is not going to be committed."""
    session.info.pop(_QUEUE, None)


def send_changes(session: Session) -> None:
    """Send that something may have changed, after a commit whose confirmation was lost; nothing else is known."""
    for signal, facts in session.info.get(_QUEUE, ()):
        if signal is checkout_changed:
            signal.send(None, **facts)


def send(session: Session) -> None:
    """Send what was queued by the transaction just committed; a receiver that fails cannot undo it any more."""
    for signal, facts in session.info.pop(_QUEUE, ()):
        try:
            signal.send(None, **facts)
        except Exception:
            log.exception("signal_receiver_failed", signal=signal.name, **facts)
