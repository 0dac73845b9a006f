"""How a checkout stands, in words a shopper understands."""

from __future__ import annotations

from typing import Any

from console.engine.machine import EXPIRABLE, Outcome, State
from console.engine.record.endings import reason_of

_BY_STATE = {
    State.PENDING: "Waiting for the payment.",
    State.LOCKING_PRICES: "Stock and prices are held; waiting for the payment.",
    State.AUTHORIZING: "The payment is being authorized.",
    State.CAPTURING: "The payment is being taken.",
    State.COMPLETED: "The order is placed.",
}
_WAITING_BY_STATE = {
    State.AUTHORIZING: "Waiting for you to confirm the payment with your bank.",
    State.CAPTURING: "Waiting for your bank: it has taken the payment in, and tells us when it is done.",
}
_DEFECT = "This checkout failed by an error of ours; nothing was charged."
_DUE = "The time for this checkout ran out."
_GIVING_BACK = "What was held of the payment is being given back."


def message_of(lock: Any, *, is_due: bool, is_waiting: bool = False) -> str:
    """Say how a checkout stands; the text of a defect is not for shoppers, nor are the reasons of staff.

    `is_waiting` says that its payment waits for the shopper or the bank.
    """
    if is_due:
        return _DUE
    if lock.outcome is None:
        state = State(lock.state)
        return _WAITING_BY_STATE.get(state, _BY_STATE[state]) if is_waiting else _BY_STATE[state]
    reason = _DEFECT if lock.outcome == Outcome.ERROR else reason_of(lock)
    return f"{reason} {_GIVING_BACK}" if lock.state == State.ROLLING_BACK else reason


def is_live(lock: Any, *, is_due: bool) -> bool:
    """Tell whether a checkout holds its cart and can be gone on with."""
    return bool(lock.holds_cart and not is_due)


def can_expire(lock: Any) -> bool:
    """Tell whether time still counts against a checkout."""
    return lock.state in EXPIRABLE
