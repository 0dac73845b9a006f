"""What happens next to a checkout: who acts, when, and whether anything happens by itself at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from console.casebook.claims import Next, Who
from console.casebook.scene import Scene
from console.engine.care.reconciliation import RECONCILED_SECONDS
from console.engine.machine import ENDED, EXPIRABLE, UNPAID, OperationKind, OperationStatus, State
from console.wording import until


def claim_next(scene: Scene) -> tuple[Next, ...]:
    """Say who acts next and when; more than one where it depends on who is first."""
    lock = scene.lock
    if lock.state in ENDED:
        return (_after_the_end(scene),)
    if scene.is_due:
        return (_expiry(scene),)
    if lock.state in UNPAID:
        return (_deadline(scene, "Unless the shopper pays"),)
    if scene.is_driven:
        return (_drive(scene),)
    if scene.only_a_human_moves:
        return (_deadline(scene, "Unless somebody retries") if lock.state in EXPIRABLE else _by_hand(scene),)
    return _next_tries(scene)


def _after_the_end(scene: Scene) -> Next:
    lock = scene.lock
    if lock.needs_attention:
        told = "Nothing more happens by itself until somebody has looked into it, and says what became of it."
        return Next(told, Who.STAFF)
    if lock.state == State.COMPLETED or not _may_money_come(scene):
        return Next("Nothing more happens by itself.", Who.NOBODY, may_hear=False)
    told = "Nothing more happens by itself unless the gateway has more to say"
    if (scene.now - lock.failed_at).total_seconds() > RECONCILED_SECONDS:
        return Next(f"{told}.", Who.NOBODY)
    if scene.has_worker:
        return Next(f"{told}; the worker looks every hour into its ledger, where it shows one.", Who.NOBODY)
    return Next(f"{told}; {scene.no_worker} to look into its ledger.", Who.NOBODY)


def _may_money_come(scene: Scene) -> bool:
    """Tell whether money could still come of what the gateway was asked for; none after its refund."""
    asked = any(operation.amount for operation in scene.known.values())
    refund = scene.known.get(OperationKind.REFUND)
    return asked and (refund is None or refund.status != OperationStatus.SUCCEEDED)


def _expiry(scene: Scene) -> Next:
    """A due checkout is swept up, or met by the recovery before that."""
    what = "expires it and gives everything back"
    if not scene.has_worker:
        told = f"Nothing happens by itself: {scene.no_worker}. Once there is one, it {what}"
        return Next(f"{told}; or somebody expires it, or goes on with its cart.", Who.STAFF)
    sweep_at = scene.now + timedelta(seconds=scene.sweep_seconds - scene.now.timestamp() % scene.sweep_seconds)
    try_at = _next_try_at(scene)
    if try_at is not None and try_at < sweep_at:
        told = f"The worker takes it up {until(try_at, scene.now)}, {what}."
        return Next(told, Who.WORKER, try_at, by_itself=True)
    return Next(f"The next sweep {what}, {until(sweep_at, scene.now)}.", Who.WORKER, sweep_at, by_itself=True)


def _deadline(scene: Scene, unless: str) -> Next:
    at = scene.lock.expires_at
    told = f"{unless}, it expires {until(at, scene.now)}"
    if scene.has_worker:
        return Next(f"{told}.", Who.SHOPPER, at, by_itself=True)
    return Next(f"{told}; {scene.no_worker} to sweep it up then.", Who.SHOPPER, at)


def _drive(scene: Scene) -> Next:
    at = scene.lock.lease_until
    if scene.has_worker:
        told = f"If its driver dies, the worker takes over {until(at, scene.now)}."
        return Next(told, Who.DRIVER, at, by_itself=True)
    return Next(f"If its driver dies, nobody takes over: {scene.no_worker}.", Who.DRIVER, at, by_itself=True)


def _by_hand(scene: Scene) -> Next:
    refused = scene.refused_return
    if scene.lock.state == State.ROLLING_BACK and refused is not None:
        noun = OperationKind(refused.kind).noun
        told = f"Nothing happens by itself: give the money back at the gateway, then resolve the {noun}."
    else:
        told = "Nothing happens by itself until somebody retries."
    return Next(told, Who.STAFF)


def _next_tries(scene: Scene) -> tuple[Next, ...]:
    open_operations, at = scene.open_operations, _next_try_at(scene)
    assert at is not None, "what is not driven and not left to a human is taken up by the recovery"
    waits = bool(open_operations) and all(each.status == OperationStatus.WAITING for each in open_operations)
    tries = _try(scene, at, waits=waits)
    if waits and scene.lock.state in EXPIRABLE:
        return (_deadline(scene, "If nothing comes"), tries)
    return (tries,)


def _try(scene: Scene, at: datetime, *, waits: bool) -> Next:
    when = until(at, scene.now)
    is_to_ask = bool(scene.open_operations) and not scene.has_lost_driver
    if scene.has_worker:
        if waits and is_to_ask:
            told = f"It goes on when the gateway says more; the worker asks {when}."
        elif is_to_ask:
            told = f"The worker asks the gateway again {when}."
        elif scene.has_lost_driver:
            told = f"The worker takes over from whoever drove it {when}."
        else:
            told = "The worker drives it on within seconds."
        return Next(told, Who.WORKER, at, by_itself=True)
    what = "The gateway is asked again" if is_to_ask else "It is driven on"
    told = f"Nothing happens by itself unless the gateway says more: {scene.no_worker}."
    return Next(f"{told} {what} once there is one, or somebody retries.", Who.STAFF)


def _next_try_at(scene: Scene) -> datetime | None:
    """Tell when the recovery takes it up, as its own query has it; None: never."""
    lock, now = scene.lock, scene.now
    if lock.state in UNPAID or scene.only_a_human_moves:
        return None
    if lock.lease_until is not None:
        return max(lock.lease_until, now)
    tries = [_due_at(operation, now) for operation in scene.open_operations]
    return max(min(tries), now) if tries else now


def _due_at(operation: Any, now: datetime) -> datetime:
    at: datetime | None = operation.next_attempt_at
    return now if at is None else at
