"""Why a checkout ended, in words that its shopper may read. Staff's own reasons stand in the audit trail."""

from __future__ import annotations

from typing import Any

from console.engine.machine import OperationKind, Outcome

TIME_RAN_OUT = "Its time ran out before the payment was taken."
EXPIRED_BY_SHOP = "The shop ended the time for this checkout."
RELEASED_BY_SHOP = "The shop ended this checkout."
CANCELLED = "The shopper cancelled it."
_OWN_WORDS = "Expired: "  # what earlier versions put before staff's own words


def refusal_of(operation: Any) -> str:
    """Say that a payment operation was refused, and by whom only where that was the gateway."""
    noun = OperationKind(operation.kind).noun
    is_by_hand = operation.resolved_by is not None
    return f"The {noun} did not go through." if is_by_hand else f"The gateway refused the {noun}."


def reason_of(lock: Any) -> str:
    """Give the reason of an ended checkout for its shopper; rows of earlier versions have staff's own words there."""
    reason: str = lock.failure_reason or ""
    if lock.outcome == Outcome.RELEASED:
        return RELEASED_BY_SHOP
    return EXPIRED_BY_SHOP if lock.outcome == Outcome.EXPIRED and reason.startswith(_OWN_WORDS) else reason
