"""What a human may do to a checkout in each state: one table, for the server that decides and the page that offers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from console.engine.machine import STATE_NAMES, State


class Action(StrEnum):
    """What people in the console do to a checkout; the words are the audit trail's."""

    EXTEND = "extend"
    RETRY = "retry"
    EXPIRE = "expire"
    RELEASE = "release"


NEEDS_REASON = frozenset({Action.RELEASE, Action.EXPIRE})

# Past the point of no return only the gateway's answer leads on, so all that is left is to ask for it again.
_BY_STATE: Mapping[str, tuple[Action, ...]] = {
    State.PENDING: (Action.EXTEND, Action.EXPIRE, Action.RELEASE),
    State.LOCKING_PRICES: (Action.EXTEND, Action.EXPIRE, Action.RELEASE),
    State.AUTHORIZING: (Action.EXTEND, Action.RETRY, Action.EXPIRE, Action.RELEASE),
    State.CAPTURING: (Action.RETRY,),
    State.ROLLING_BACK: (Action.RETRY,),
}


def allowed_actions(state: str, *, is_due: bool) -> tuple[Action, ...]:
    """Tell what may be done to a checkout; time that has run out cannot be extended."""
    actions = _BY_STATE.get(state, ())
    return tuple(action for action in actions if action != Action.EXTEND) if is_due else actions


def why_not(action: str, state: str, *, is_due: bool) -> str | None:
    """Tell why an action is not allowed, and what to do instead; None when it is."""
    if action in allowed_actions(state, is_due=is_due):
        return None
    return f"This checkout cannot be changed by {action}. {_reason(action, state)}"


def _reason(action: str, state: str) -> str:
    if state == State.CAPTURING:
        return "The payment is being taken: past this point only the gateway's refusal undoes it. Retry instead."
    if Action.RETRY in _BY_STATE.get(state, ()) and action != Action.EXTEND:
        return "It is going back already; retry to settle its money now."
    if action == Action.EXTEND and Action.EXPIRE in _BY_STATE.get(state, ()):
        return "Its time has run out already."
    if action == Action.RETRY and state in _BY_STATE:
        return "Nothing was begun that could be retried: the shopper has not paid yet."
    return f"It is {STATE_NAMES[State(state)]} already."
