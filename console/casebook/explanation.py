"""Why a checkout is where it is, in plain words, and what happens next by itself: for the console and the CLI."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from console.engine.driving.locks import was_due
from console.engine.machine import EXPIRABLE, UNPAID, OperationKind, OperationStatus, Outcome, State
from console.wording import ago, counted, money, until

_IN_DOUBT = (OperationStatus.PENDING, OperationStatus.UNKNOWN)
NOUNS = {
    OperationKind.AUTHORIZE: "authorization",
    OperationKind.CAPTURE: "capture",
    OperationKind.VOID: "void",
    OperationKind.REFUND: "refund",
}
_ENDINGS = {
    Outcome.DECLINED: "The payment was declined",
    Outcome.OUT_OF_STOCK: "There was too little stock",
    Outcome.INVALID_CART: "The cart could not be bought as it was",
    Outcome.CANCELLED: "The shopper cancelled it",
    Outcome.EXPIRED: "Its time ran out",
    Outcome.RELEASED: "Somebody in the console released it",
    Outcome.ERROR: "It failed by a defect of ours",
}
_BY_HAND = ("Released", "Expired")  # what the reasons begin with that people in the console gave


@dataclass(frozen=True)
class Explanation:
    """`why` it is where it is, what it needs of people, what is known of the `money`, what comes by itself and when."""

    why: str
    money: str
    next_step: str
    next_at: datetime | None = None
    attention: str | None = None

    @property
    def text(self) -> str:
        """Put it all together."""
        needed = f"It needs somebody's attention: {self.attention}" if self.attention else ""
        return " ".join(filter(None, (self.why, needed, self.money, self.next_step)))


def explain(lock: Any, operations: Sequence[Any], *, now: datetime, sweep_seconds: float) -> Explanation:
    """Explain a checkout from its row and those of its payment operations.

    `now` is the database's clock; what is due is swept up once in each slot of `sweep_seconds`.
    """
    known = {operation.kind: operation for operation in operations}
    step, at = _next_sweep(now, sweep_seconds) if was_due(lock, now=now) else _next_step(lock, known, now)
    return Explanation(_why(lock, known, now), money_facts(known), step, at, lock.needs_attention)


def money_facts(known: Mapping[str, Any]) -> str:
    """Say what is known of the shopper's money, from the operations by kind."""
    authorize, capture = known.get(OperationKind.AUTHORIZE), known.get(OperationKind.CAPTURE)
    if authorize is None:
        return "No payment was asked for: the shopper has been charged nothing."
    amount = money(authorize.amount, authorize.currency)
    if capture is not None and capture.status == OperationStatus.SUCCEEDED:
        is_back = _succeeded(known, OperationKind.REFUND)
        return f"The shopper was charged {amount}{' and has all of it back' if is_back else ''}."
    if capture is not None and not OperationStatus(capture.status).is_resolved:
        return f"Whether the shopper was charged {amount} is not known yet."
    return _authorized(authorize, known, amount)


def _authorized(authorize: Any, known: Mapping[str, Any], amount: str) -> str:
    if authorize.status == OperationStatus.SUCCEEDED:
        if _succeeded(known, OperationKind.VOID):
            return f"The {amount} that were reserved are free again: the shopper has been charged nothing."
        return f"{amount} are reserved at the gateway; the shopper has been charged nothing."
    if authorize.status == OperationStatus.REFUSED:
        return "The shopper has been charged nothing."
    if authorize.status == OperationStatus.WAITING:
        return "The shopper has been charged nothing."
    return f"Whether {amount} are reserved is not known; the shopper has been charged nothing we know of."


def _succeeded(known: Mapping[str, Any], kind: OperationKind) -> bool:
    return kind in known and known[kind].status == OperationStatus.SUCCEEDED


def _why(lock: Any, known: Mapping[str, Any], now: datetime) -> str:
    if lock.state in EXPIRABLE and lock.expires_at <= now:
        return f"Its time ran out {ago(lock.expires_at, now)}, and nobody has swept it up yet."
    if lock.state in UNPAID:
        held = "the cart is held" if lock.state == State.PENDING else "the cart, its stock and its prices are held"
        return f"The shopper started {ago(lock.locked_at, now)} and has not paid yet; {held}."
    if lock.state == State.COMPLETED:
        return f"It was bought {ago(lock.completed_at, now)}."
    if lock.state == State.FAILED:
        return f"{_ending(lock)}; it ended {ago(lock.failed_at, now)}."
    return _why_under_way(lock, known, now)


def _ending(lock: Any) -> str:
    ending = _ENDINGS[Outcome(lock.outcome)]
    said, _, by_hand = (lock.failure_reason or "").rstrip(".").partition(": ")
    if said in _BY_HAND:
        return f"{ending} ({by_hand})"
    if not said or lock.outcome in (Outcome.CANCELLED, Outcome.EXPIRED, Outcome.OUT_OF_STOCK):
        return ending  # the stored reason says no more
    return f"{ending} ({lock.failure_reason.rstrip('.')})"


def _why_under_way(lock: Any, known: Mapping[str, Any], now: datetime) -> str:
    begun = f"{_ending(lock)}; cart and stock are free already. " if lock.state == State.ROLLING_BACK else ""
    operation = open_operation(known)
    if operation is None:
        refused = _refused_return(known)
        if lock.state == State.ROLLING_BACK and refused:
            return f"{begun}The gateway refused the {refused}."
        return f"{begun}Every call to the gateway is answered; it waits to be driven on."
    since, call = ago(operation.created_at, now), NOUNS[OperationKind(operation.kind)]
    if operation.status == OperationStatus.WAITING:
        whom = "the shopper to approve it at the bank" if operation.kind == OperationKind.AUTHORIZE else "the gateway"
        return f"{begun}The {call} began {since} and waits for {whom}."
    if is_driven(lock, now):
        return f"{begun}The gateway is being asked for the {call} right now."
    if operation.status == OperationStatus.PENDING:
        return f"{begun}The {call} was written down {since}, and whoever was to send it has gone."
    tries = f"; asked {counted(operation.attempts, 'time')}" if operation.attempts else ""
    return f"{begun}The gateway did not answer the {call} begun {since}{tries}."


def open_operation(known: Mapping[str, Any]) -> Any | None:
    """Give the operation that the checkout waits for, from the operations by kind; None when each has its last word."""
    unresolved = [known[kind] for kind in OperationKind if kind in known and known[kind].resolved_at is None]
    return unresolved[0] if unresolved else None


def is_driven(lock: Any, now: datetime) -> bool:
    """Tell whether somebody drives a checkout at this moment."""
    return lock.lease_until is not None and lock.lease_until > now


def _next_sweep(now: datetime, sweep_seconds: float) -> tuple[str, datetime]:
    seconds = sweep_seconds - now.timestamp() % sweep_seconds
    at = now + timedelta(seconds=seconds)
    return f"The next sweep expires it and gives everything back, {until(at, now)}.", at


def _next_step(lock: Any, known: Mapping[str, Any], now: datetime) -> tuple[str, datetime | None]:
    if lock.state in (State.COMPLETED, State.FAILED):
        return "Nothing more happens by itself.", None
    if lock.state in UNPAID:
        return f"Unless the shopper pays, it expires {until(lock.expires_at, now)}.", lock.expires_at
    if is_driven(lock, now):
        return f"If its driver dies, the worker takes over {until(lock.lease_until, now)}.", lock.lease_until
    refused, operation = _refused_return(known), open_operation(known)
    if lock.state == State.ROLLING_BACK and refused and operation is None:
        return f"Nothing happens by itself: give the money back at the gateway, then resolve the {refused}.", None
    return _next_try(lock, operation, now)


def _refused_return(known: Mapping[str, Any]) -> str | None:
    """Name the void or the refund that the gateway refused; None where the money has another way back."""
    last = known.get(OperationKind.REFUND) or known.get(OperationKind.VOID)
    is_refused = last is not None and last.status == OperationStatus.REFUSED
    return NOUNS[OperationKind(last.kind)] if last is not None and is_refused else None


def _next_try(lock: Any, operation: Any | None, now: datetime) -> tuple[str, datetime | None]:
    if operation is None:
        if lock.needs_attention:
            return "Nothing happens by itself until somebody retries.", None
        return "The worker drives it on within seconds.", now
    if operation.status in _IN_DOUBT:
        due = operation.next_attempt_at or now
        return f"The worker asks the gateway again {until(due, now)}.", due
    if lock.state in EXPIRABLE:
        return f"If nothing comes, it expires {until(lock.expires_at, now)}.", lock.expires_at
    due = operation.next_attempt_at or now
    return f"It goes on when the gateway says more; the worker asks {until(due, now)}.", due
