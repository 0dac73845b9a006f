"""What a human may do to a checkout in each state: one table, for the server that decides and the page that offers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from console.engine.machine import STATE_NAMES, OperationKind, OperationStatus, State
from console.engine.payments.operations import is_settled, statuses_of
from console.engine.record.attention import Cause, causes_about, needs_word_about


class Action(StrEnum):
    """What people in the console do to a checkout; the words are the audit trail's."""

    EXTEND = "extend"
    RETRY = "retry"
    EXPIRE = "expire"
    RELEASE = "release"
    RESOLVE = "resolve"


NEEDS_REASON = frozenset({Action.RELEASE, Action.EXPIRE, Action.RESOLVE})
ADMINS_ONLY = frozenset({Action.RESOLVE})
_BACK = (OperationKind.VOID, OperationKind.REFUND)

# Past the point of no return only the gateway's answer leads on, so all that is left is to ask for it again.
_BY_STATE: Mapping[str, tuple[Action, ...]] = {
    State.PENDING: (Action.EXTEND, Action.EXPIRE, Action.RELEASE),
    State.LOCKING_PRICES: (Action.EXTEND, Action.EXPIRE, Action.RELEASE),
    State.AUTHORIZING: (Action.EXTEND, Action.RETRY, Action.EXPIRE, Action.RELEASE),
    State.CAPTURING: (Action.RETRY,),
    State.ROLLING_BACK: (Action.RETRY,),
}


def allowed_actions(state: str, *, is_due: bool, is_in_doubt: bool = False) -> tuple[Action, ...]:
    """Tell what may be done to a checkout; time that has run out cannot be extended.

    `is_in_doubt` when a payment of it is `resolvable`.
    """
    actions = _BY_STATE.get(state, ()) + ((Action.RESOLVE,) if is_in_doubt else ())
    return tuple(action for action in actions if action != Action.EXTEND) if is_due else actions


def why_not(action: str, state: str, *, is_due: bool, is_in_doubt: bool = False) -> str | None:
    """Tell why an action is not allowed, and what to do instead; None when it is."""
    if action in allowed_actions(state, is_due=is_due, is_in_doubt=is_in_doubt):
        return None
    return f"This checkout cannot be changed by {action}. {_reason(action, state)}"


def resolvable(lock: Any, known: Mapping[str, Any]) -> tuple[Any, ...]:
    """Give the operations about which a human's word is wanted, from those of a checkout by kind.

    Those without a last word; a void or refund that the gateway refused while the money is held; and those that
    somebody was called about because the gateway, or its ledger, said something else than our books.
    """
    mine = [known[kind] for kind in OperationKind if kind in known]
    return tuple(operation for operation in mine if _is_resolvable(operation, lock, known))


def unbooked(lock: Any, known: Mapping[str, Any]) -> frozenset[str]:
    """Tell what somebody was called about and has no operation of ours; the authorization speaks for them."""
    return (causes_about(lock, Cause.LEDGER) | causes_about(lock, Cause.MISMATCH)) - known.keys()


def _is_resolvable(operation: Any, lock: Any, known: Mapping[str, Any]) -> bool:
    if operation.resolved_at is None or needs_word_about(lock, operation.kind):
        return True
    if operation.kind == OperationKind.AUTHORIZE and unbooked(lock, known):
        return True
    return owes_by_hand(operation, lock, known)


def owes_by_hand(operation: Any, lock: Any, known: Mapping[str, Any]) -> bool:
    """Tell whether the gateway refused to give the money back in this operation, and it is held still."""
    if operation.kind not in _BACK or operation.status != OperationStatus.REFUSED or lock.state != State.ROLLING_BACK:
        return False
    is_replaced = operation.kind == OperationKind.VOID and OperationKind.REFUND in known
    return not is_replaced and not is_settled(statuses_of(known))


def _reason(action: str, state: str) -> str:
    if action == Action.RESOLVE:
        return "Nothing about its payment is in doubt."
    if state == State.CAPTURING:
        return "The payment is being taken: past this point only the gateway's refusal undoes it. Retry instead."
    if Action.RETRY in _BY_STATE.get(state, ()) and action != Action.EXTEND:
        return "It is going back already; retry to settle its money now."
    if action == Action.EXTEND and Action.EXPIRE in _BY_STATE.get(state, ()):
        return "Its time has run out already."
    if action == Action.RETRY and state in _BY_STATE:
        return "Nothing was begun that could be retried: the shopper has not paid yet."
    return f"It is {STATE_NAMES[State(state)]} already."
