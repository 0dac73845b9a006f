"""Letting what was interrupted come to its end: time passes, the sweep and the recovery do their work."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from console.engine.care.ledger_comparison import find_differences
from console.engine.driving.expiry import expire_due
from console.engine.driving.recovery import recover
from console.engine.machine import LIVE, UNPAID, OperationStatus, State
from console.engine.payments.facts import TRIES_BEFORE_ATTENTION
from console.models import CheckoutLock, PaymentOperation
from console.models.types import clock

QUIET_SECONDS = 60
LATE_SECONDS = 2.5  # the gateway may act by itself so long after its answer


def let_time_pass(session: Session) -> None:
    """Let dead drivers' leases and every back-off run out."""
    session.execute(update(CheckoutLock).where(CheckoutLock.lease_until.is_not(None)).values(lease_until=clock(-1)))
    let_tries_come(session)


def let_tries_come(session: Session) -> None:
    """Let every back-off run out; leases stay."""
    session.execute(update(PaymentOperation).where(PaymentOperation.resolved_at.is_(None)).values(next_attempt_at=None))
    session.commit()


def let_unpaid_run_out(session: Session) -> None:
    """Let the time of checkouts run out that wait for their shopper, who is gone."""
    at_the_bank = (CheckoutLock.state == State.AUTHORIZING) & _is_waiting()
    unpaid = or_(CheckoutLock.state.in_(UNPAID), at_the_bank)
    session.execute(update(CheckoutLock).where(unpaid, CheckoutLock.expires_at > clock()).values(expires_at=clock(-1)))
    session.commit()


def recover_dead(session: Session) -> None:
    """Recover, once, what dead processes left; who never paid may still do so."""
    let_time_pass(session)
    recover(session)


def settle(session: Session, *, at_most_seconds: float) -> None:
    """Sweep and recover until nothing is left to do but wait, for a human or for the gateway."""
    let_unpaid_run_out(session)

    def work() -> None:
        let_time_pass(session)
        expire_due(session)
        recover(session, limit=10_000)

    repeat_until_quiet(session, work, at_most_seconds=at_most_seconds, pause_seconds=0.2)


def come_to_rest(session: Session) -> None:
    """Let a running shop's own worker bring everything to its end; only time is made to pass faster.

    It is quiet once it stays so: the worker may have captured just now, and the gateway has more to do after its answer.
    """
    let_unpaid_run_out(session)
    let_time_pass(session)
    deadline = time.monotonic() + QUIET_SECONDS
    while True:
        left = max(0.0, deadline - time.monotonic())
        repeat_until_quiet(session, lambda: let_tries_come(session), at_most_seconds=left, pause_seconds=1.0)
        time.sleep(LATE_SECONDS)
        if not _is_busy(session) or time.monotonic() > deadline:
            return


def repeat_until_quiet(
    session: Session, work: Callable[[], None], *, at_most_seconds: float, pause_seconds: float
) -> None:
    """Do some work over and over until every checkout has ended or asks for a human."""
    deadline = time.monotonic() + at_most_seconds
    while True:
        work()
        if not _is_busy(session) or time.monotonic() > deadline:
            return
        time.sleep(pause_seconds)


def _is_busy(session: Session) -> bool:
    """Tell whether a checkout is live for no lasting reason, or the gateway knows more than we do."""
    still_tried = PaymentOperation.resolved_at.is_(None) & (PaymentOperation.attempts < TRIES_BEFORE_ATTENTION)
    moves = or_(CheckoutLock.needs_attention.is_(None), _is_waiting(), _has_operation(still_tried))
    busy = CheckoutLock.state.in_(LIVE) & moves
    found = session.scalars(select(CheckoutLock.id).where(busy).limit(1)).first()
    session.commit()
    return found is not None or bool(find_differences(session))


def _is_waiting() -> ColumnElement[bool]:
    return _has_operation(PaymentOperation.status == OperationStatus.WAITING)


def _has_operation(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(PaymentOperation.id).where(PaymentOperation.lock_id == CheckoutLock.id, condition).exists()
