"""What happens next to a checkout: who acts, when, and whether anything happens by itself at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from console.casebook.claims import Next, Who
from console.casebook.situation import Situation
from console.engine.care.reconciliation import RECONCILED_SECONDS
from console.engine.machine import ENDED, EXPIRABLE, UNPAID, OperationKind, OperationStatus, State
from console.wording import until


def claim_next(situation: Situation) -> tuple[Next, ...]:
    """Say who acts next and when; more than one where it depends on who is first."""
    lock = situation.lock
    if lock.state in ENDED:
        return (_after_the_end(situation),)
    if situation.is_due:
        return (_expiry(situation),)
    if lock.state in UNPAID:
        return (_deadline(situation, "Unless the shopper pays"),)
    if situation.is_driven:
        return (_drive(situation),)
    if situation.only_a_human_moves:
        return (_deadline(situation, "Unless somebody retries") if lock.state in EXPIRABLE else _by_hand(situation),)
    return _next_tries(situation)


def _after_the_end(situation: Situation) -> Next:
    lock = situation.lock
    if lock.needs_attention:
        told = "Nothing more happens by itself until somebody has looked into it, and says what became of it."
        return Next(told, Who.STAFF)
    if lock.state == State.COMPLETED or not _may_money_come(situation):
        return Next("Nothing more happens by itself.", Who.NOBODY, may_hear=False)
    told = "Nothing more happens by itself unless the gateway has more to say"
    if (situation.now - lock.failed_at).total_seconds() > RECONCILED_SECONDS:
        return Next(f"{told}.", Who.NOBODY)
    if situation.has_worker:
        return Next(f"{told}; the worker looks every hour into its ledger, where it shows one.", Who.NOBODY)
    return Next(f"{told}; {situation.no_worker} to look into its ledger.", Who.NOBODY)


def _may_money_come(situation: Situation) -> bool:
    """Tell whether money could still come of what the gateway was asked for; none after its refund."""
    asked = any(operation.amount for operation in situation.known.values())
    refund = situation.known.get(OperationKind.REFUND)
    return asked and (refund is None or refund.status != OperationStatus.SUCCEEDED)


def _expiry(situation: Situation) -> Next:
    """A due checkout is swept up, or met by the recovery before that."""
    what = "expires it and gives everything back"
    if not situation.has_worker:
        told = f"Nothing happens by itself: {situation.no_worker}. Once there is one, it {what}"
        return Next(f"{told}; or somebody expires it, or goes on with its cart.", Who.STAFF)
    sweep_at = situation.now + timedelta(
        seconds=situation.sweep_seconds - situation.now.timestamp() % situation.sweep_seconds
    )
    try_at = _next_try_at(situation)
    if try_at is not None and try_at < sweep_at:
        told = f"The worker takes it up {until(try_at, situation.now)}, {what}."
        return Next(told, Who.WORKER, try_at, by_itself=True)
    return Next(f"The next sweep {what}, {until(sweep_at, situation.now)}.", Who.WORKER, sweep_at, by_itself=True)


def _deadline(situation: Situation, unless: str) -> Next:
    at = situation.lock.expires_at
    told = f"{unless}, it expires {until(at, situation.now)}"
    if situation.has_worker:
        return Next(f"{told}.", Who.SHOPPER, at, by_itself=True)
    return Next(f"{told}; {situation.no_worker} to sweep it up then.", Who.SHOPPER, at)


def _drive(situation: Situation) -> Next:
    at = situation.lock.lease_until
    if situation.has_worker:
        told = f"If its driver dies, the worker takes over {until(at, situation.now)}."
        return Next(told, Who.DRIVER, at, by_itself=True)
    return Next(f"If its driver dies, nobody takes over: {situation.no_worker}.", Who.DRIVER, at, by_itself=True)


def _by_hand(situation: Situation) -> Next:
    refused = situation.refused_return
    if situation.lock.state == State.ROLLING_BACK and refused is not None:
        noun = OperationKind(refused.kind).noun
        told = f"Nothing happens by itself: give the money back at the gateway, then resolve the {noun}."
    else:
        told = "Nothing happens by itself until somebody retries."
    return Next(told, Who.STAFF)


def _next_tries(situation: Situation) -> tuple[Next, ...]:
    open_operations, at = situation.open_operations, _next_try_at(situation)
    assert at is not None, "what is not driven and not left to a human is taken up by the recovery"
    waits = bool(open_operations) and all(each.status == OperationStatus.WAITING for each in open_operations)
    tries = _try(situation, at, waits=waits)
    if waits and situation.lock.state in EXPIRABLE:
        return (_deadline(situation, "If nothing comes"), tries)
    return (tries,)


def _try(situation: Situation, at: datetime, *, waits: bool) -> Next:
    when = until(at, situation.now)
    is_to_ask = bool(situation.open_operations) and not situation.has_lost_driver
    if situation.has_worker:
        if waits and is_to_ask:
            told = f"It goes on when the gateway says more; the worker asks {when}."
        elif is_to_ask:
            told = f"The worker asks the gateway again {when}."
        elif situation.has_lost_driver:
            told = f"The worker takes over from whoever drove it {when}."
        else:
            told = "The worker drives it on within seconds."
        return Next(told, Who.WORKER, at, by_itself=True)
    what = "The gateway is asked again" if is_to_ask else "It is driven on"
    told = f"Nothing happens by itself unless the gateway says more: {situation.no_worker}."
    return Next(f"{told} {what} once there is one, or somebody retries.", Who.STAFF)


def _next_try_at(situation: Situation) -> datetime | None:
    """Tell when the recovery takes it up, as its own query has it; None: never."""
    lock, now = situation.lock, situation.now
    if lock.state in UNPAID or situation.only_a_human_moves:
        return None
    if lock.lease_until is not None:
        return max(lock.lease_until, now)
    tries = [_due_at(operation, now) for operation in situation.open_operations]
    return max(min(tries), now) if tries else now


def _due_at(operation: Any, now: datetime) -> datetime:
    at: datetime | None = operation.next_attempt_at
    return now if at is None else at
