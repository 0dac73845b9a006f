"""The verbs of a checkout: start, process, resume, cancel, advance.

Each runs transactions of its own on the caller's session, committing first what that session still holds; between them,
during a gateway call, no transaction is open. `legs` has what each transaction does, `walk` what follows what.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.driving.expiry import undo_if_due
from console.engine.driving.idempotency import KeySeen, hash_request, wait_for_end
from console.engine.driving.legs import RequestKey, enter_authorization, take_key
from console.engine.driving.locks import Seen, new_drive, read_lock
from console.engine.driving.rollback import go_back
from console.engine.driving.start import start, start_or_join
from console.engine.driving.walk import Walk, drive_on, settle, walk_on
from console.engine.errors import CheckoutInProgress, InProgress, InvalidInput, LostRace, NotAllowed
from console.engine.machine import DRIVEN, EXPIRABLE, UNPAID, Outcome
from console.engine.phases.phase import Payment
from console.engine.record.answers import answer_of
from console.engine.record.endings import CANCELLED
from console.engine.runtime import runtime_of
from console.engine.store.database import look, transact, until_won
from console.engine.store.objects import show
from console.engine.store.tables import idempotency_keys, operations, require_lengths
from console.models import CheckoutLock, Order

__all__ = ["advance", "cancel", "process", "require_owner", "resume", "start", "start_or_join"]

PAYMENT_METHODS = ("card", "paypal", "bank_transfer")


def process(
    session: Session,
    lock: CheckoutLock,
    *,
    payment: Payment,
    idempotency_key: str | None = None,
    session_id: str | None = None,
    expected_total: int | None = None,
) -> Order:
    """Take a started checkout through payment to its order. Own transactions: three when nothing goes wrong.

    With an `idempotency_key` the same request may be made again: it gets the same end, and waits for it while the first
    one is under way, at most the gateway's time-out. `session_id`, when given, must own the lock. `expected_total` is
    what the shopper was shown, in minor units of the cart's currency; once the payment is under way it no longer
    matters.

    Raises:
        PriceChanged: when the total is another than expected; nothing was charged, and the key may be used again.
        Ended: when the checkout was undone: `PaymentDeclined`, `OutOfStock`, `InvalidCart`, `Expired`, `Cancelled`, …
        PaymentPending: when the payment waits for the shopper or the gateway, or its answer was lost.
        InProgress: when another request drives it.
        CheckoutInProgress: when another session owns it.
        IdempotencyConflict: when the key was used with another payment.
    """
    require_owner(session, lock, session_id=session_id)
    key = _request_key(payment, idempotency_key)
    drive = new_drive(session, Seen.of(lock))
    if lock.state not in UNPAID and key is None:
        return resume(session, lock)
    began = time.monotonic()
    try:
        progress = transact(
            session, lambda: enter_authorization(session, drive, payment, key=key, expected_total=expected_total)
        )
    except (KeySeen, LostRace) as lost:
        row = look(session, lambda reader: read_lock(reader, drive.lock.id))
        if row.lease_owner == drive.owner:  # it was our own commit, whose confirmation was lost
            return answer_of(session, lock, walk_on(session, drive, row, leased_at=began))
        if isinstance(lost, KeySeen):
            return _follow_same_request(session, lock)
        return _follow_another_request(session, lock, key)
    drive.saw(progress.lock, leased_at=began)
    if not progress.operations:
        return answer_of(session, lock, progress.lock)
    written = {each.kind: each for each in progress.operations}
    walk = Walk(session, drive, written, fresh=frozenset(each.id for each in progress.operations))
    return answer_of(session, lock, walk.run(), paid_order=walk.paid_order)


def _follow_same_request(session: Session, lock: CheckoutLock) -> Order:
    """Answer a request that was made before with its key: as that one ends."""
    wait_for_end(session, lock.id)
    return resume(session, lock)


def _follow_another_request(session: Session, lock: CheckoutLock, key: RequestKey | None) -> Order:
    """Answer a request that found the checkout taken by another one, or ended."""
    lock_id = lock.id
    if key is not None:
        with suppress(KeySeen):  # kept all the same, so that it cannot come back with another body
            transact(session, lambda: take_key(session, lock_id, key))
    return resume(session, lock)


def _request_key(payment: Payment, key: str | None) -> RequestKey | None:
    if payment.method not in PAYMENT_METHODS:
        raise InvalidInput(f"The payment method is one of {', '.join(PAYMENT_METHODS)}.", field="payment.method")
    if not payment.token:
        raise InvalidInput("A payment token is needed.", field="payment.token")
    require_lengths(operations, payment_token=payment.token)
    require_lengths(idempotency_keys, key=key)
    if key is None:
        return None
    return RequestKey("process", key, hash_request(method=payment.method, token=payment.token))


def resume(
    session: Session,
    lock: CheckoutLock,
    *,
    payment: Payment | None = None,
    session_id: str | None = None,
    expected_total: int | None = None,
) -> Order:
    """Go on with a checkout that was interrupted or waits, and answer as `process` would. Own transactions.

    Raises:
        InvalidInput: when no payment was made yet and none is given.
        CheckoutError: as `process`.
    """
    require_owner(session, lock, session_id=session_id)
    row = undo_if_due(session, lock.id)
    show(row, on=lock)
    if row.state in UNPAID:
        if payment is None:
            raise InvalidInput("This checkout has no payment yet; give one.", field="payment")
        return process(session, lock, payment=payment, expected_total=expected_total)
    return answer_of(session, lock, _drive(session, row))


def advance(session: Session, lock: CheckoutLock) -> CheckoutLock:
    """Drive a checkout until it ends or must wait; the one way through (docs/engine.md). Own transactions.

    Raises:
        InProgress: when somebody drives it.
    """
    row = undo_if_due(session, lock.id)
    return show(_drive(session, row), on=lock)


def _drive(session: Session, row: Row[Any]) -> Row[Any]:
    """Drive a checkout on; one that is decided has its answer, whoever settles its money."""
    if row.outcome is not None:
        return settle(session, row)
    return drive_on(session, row) if row.state in DRIVEN else row


def cancel(session: Session, lock: CheckoutLock, *, session_id: str | None = None) -> CheckoutLock:
    """Undo a checkout because its shopper wants to; the cart is free at once. Own transactions.

    A checkout that has gone back already is given as it is.

    Raises:
        NotAllowed: past the point of no return.
        CheckoutInProgress: when another session owns it.
    """
    require_owner(session, lock, session_id=session_id)
    lock_id = lock.id

    def give_up() -> Row[Any]:
        row = read_lock(session, lock_id)
        if row.outcome is not None:
            return row
        if row.state not in EXPIRABLE:
            raise NotAllowed("The payment is being taken; this checkout can no longer be cancelled.", state=row.state)
        return go_back(session, row, outcome=Outcome.CANCELLED, reason=CANCELLED)

    row = until_won(lambda: transact(session, give_up), otherwise=_changes_too_fast)
    return show(settle(session, row), on=lock)


def _changes_too_fast() -> InProgress:
    return InProgress("This checkout is changing too fast; try again.")


def require_owner(session: Session, lock: CheckoutLock, *, session_id: str | None) -> None:
    """Refuse a session that does not own the lock; None asks for nothing. Reads nothing.

    Raises:
        CheckoutInProgress: when another session owns it, and only one may (`CHECKOUT_PREVENT_CONCURRENT`).
    """
    if session_id is None or session_id == lock.session_id:
        return
    if runtime_of(session).config.prevent_concurrent:
        raise CheckoutInProgress("This checkout belongs to another session.", reference=lock.reference)
