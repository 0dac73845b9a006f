"""How one pays: the sandbox's test cards, and what a payment that waits asks of the shopper."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from console.engine.database import look
from console.engine.machine import OperationStatus
from console.engine.tables import operations
from console.extensions import current_settings, db

# What each token makes the sandbox do, in a shopper's words.
SANDBOX_CARDS = {
    "tok_visa": "Approve the payment",
    "tok_declined": "Decline the card",
    "tok_insufficient_funds": "Decline: not enough money",
    "tok_capture_declined": "Authorize, then refuse the capture",
    "tok_slow": "Approve, after three seconds",
    "tok_lost_authorize": "Authorize, and lose the answer",
    "tok_lost_capture": "Take the money, and lose the answer",
    "tok_error_capture": "Fail twice, then take the money",
    "tok_never_answers": "Never answer: the checkout hangs in doubt",
}


def is_sandbox() -> bool:
    """Tell whether payments go to the sandbox gateway."""
    return bool(current_settings().checkout_payment_gateway == "sandbox")


def card_choices() -> dict[str, str]:
    """Name the test cards by their tokens; none where real money is taken."""
    return SANDBOX_CARDS if is_sandbox() else {}


def find_next_action(lock_id: int) -> dict[str, Any] | None:
    """Find what the shopper must do for a payment that waits for them; None when there is nothing. Reads only."""
    query = select(operations.c.next_action).where(
        operations.c.lock_id == lock_id, operations.c.status == OperationStatus.WAITING
    )
    return look(db.session(), lambda reader: reader.scalar(query))
