"""The legs a driver takes: each one transaction, entered by a fenced decision; leg 2 is `point_of_no_return`.

A leg that follows from an answer of the gateway records that answer in its own transaction, after its decision: by
then the lock row is held, which is what a fact needs too (rule 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.driving.idempotency import claim_key
from console.engine.driving.locks import (
    DRIVERLESS,
    IN_TIME,
    NEXT_FENCE,
    NO_LEASE,
    Drive,
    change,
    decide,
    hold_cart_row,
    in_state,
    let_cart_go,
    under_fence,
)
from console.engine.driving.rollback import expire_row, finish, go_back
from console.engine.errors import Ended, LostRace
from console.engine.inventory import StockMoved
from console.engine.machine import UNPAID, OperationKind, Outcome, Phase, State, StepStatus
from console.engine.payments.facts import Fact
from console.engine.payments.late_money import GIVES_BACK
from console.engine.payments.operations import apply_answer, operations_of
from console.engine.phases import LEG_THREE, PAYING_PHASES, RESERVING_PHASES
from console.engine.phases.phase import Leg, Payment, PhaseModule, run_phases
from console.engine.record import events
from console.engine.record.attention import FOR_HUMANS_ONLY, Cause, call_off, demand
from console.engine.record.endings import refusal_of
from console.engine.record.history import History
from console.engine.store.clauses import NOW
from console.engine.store.database import savepoint
from console.models.vocabulary import CartStatus


@dataclass(frozen=True)
class Progress:
    """Where a leg left the checkout, the operations it wrote, and the order that it had paid."""

    lock: Row[Any]
    operations: tuple[Row[Any], ...] = ()
    paid_order: Row[Any] | None = None


@dataclass(frozen=True)
class RequestKey:
    """An idempotency key of a call, with the digest of its request."""

    call: str
    key: str
    request_hash: str


def take_key(session: Session, lock_id: int, key: RequestKey) -> None:
    """Take a request's key. Caller commits.

    Raises:
        KeySeen, IdempotencyConflict: when it was used before.
    """
    claim_key(session, lock_id, call=key.call, key=key.key, request_hash=key.request_hash)


def enter_authorization(
    session: Session,
    drive: Drive,
    payment: Payment,
    *,
    key: RequestKey | None = None,
    expected_total: int | None = None,
) -> Progress:
    """Take leg 1: validate, reserve, lock prices, and write the authorize operation. Caller commits.

    A refusal rolls back to the savepoint and ends the checkout in this same transaction, its evidence kept (rule 12).

    Raises:
        PriceChanged: when the total is not the expected one; nothing of this leg is to stay, its key neither.
        LostRace: when the checkout is due, driven by somebody, or past this leg.
        KeySeen, IdempotencyConflict: when the key was used before.
    """
    if key is not None:
        take_key(session, drive.lock.id, key)
    if drive.lock.state not in UNPAID:
        raise LostRace(f"checkout {drive.lock.id} is past its first leg")
    cart = hold_cart_row(session, drive.lock.cart_id)
    lock = change(
        session,
        drive.lock.id,
        in_state(drive.lock.state),
        IN_TIME,
        DRIVERLESS,
        state=State.AUTHORIZING,
        phase=Phase.PAYMENT_AUTHORIZATION,
        fence=NEXT_FENCE,
        processed_at=NOW,
        **drive.lease,
    )
    reserved = drive.lock.state == State.LOCKING_PRICES
    phases = PAYING_PHASES if reserved else RESERVING_PHASES + PAYING_PHASES
    leg = Leg(session, lock, History(lock), cart=cart, payment=payment, expected_total=expected_total)
    return run_leg_one(leg, phases)


def run_leg_one(leg: Leg, phases: tuple[PhaseModule, ...]) -> Progress:
    """Run phases of leg 1 behind a savepoint; on a refusal end the checkout, with the evidence. Caller commits.

    When the stock moved between reading and taking it, everything is done again with the stock rows held.
    """
    try:
        try:
            _reserve_and_price(leg, phases)
        except StockMoved:
            leg.rows_held = True
            leg.written.clear()
            _reserve_and_price(leg, phases)
    except Ended as refusal:
        return Progress(_refuse(leg, refusal))
    return Progress(leg.lock, tuple(leg.written))


def _reserve_and_price(leg: Leg, phases: tuple[PhaseModule, ...]) -> None:
    """Run phases of leg 1; the stock comes last, so that its rows are held for the commit only."""
    with savepoint(leg.session):
        run_phases(leg, phases)
        leg.history.write(leg.session)
        leg.take_stock()


def _refuse(leg: Leg, refusal: Ended) -> Row[Any]:
    """End a checkout whose leg 1 was refused; the savepoint has given everything back already."""
    let_cart_go(leg.session, leg.lock)
    _note_given_back(leg, refusal)
    lock = change(
        leg.session,
        leg.lock.id,
        state=State.FAILED,
        phase=refusal.phase,
        outcome=refusal.outcome,
        failure_reason=str(refusal),
        holds_cart=False,
        failed_at=NOW,
        **NO_LEASE,
    )
    leg.history.write(leg.session)
    topic = events.terminal_topic(lock.outcome)
    events.write_event(leg.session, lock, topic=topic, outcome=lock.outcome, reason=str(refusal))
    return lock


def _note_given_back(leg: Leg, refusal: Ended) -> None:
    for phase, _ in list(leg.history.rows):
        if phase not in (refusal.phase, Phase.CART_VALIDATION):
            leg.history.note(phase, StepStatus.COMPENSATED)


def commit_stock(session: Session, drive: Drive, fact: Fact | None) -> Progress:
    """Take leg 3: the sale, and the end of the checkout. Caller commits.

    Raises:
        LostRace: when somebody else did it.
    """
    let_cart_go(session, drive.lock, status=CartStatus.ORDERED)
    end = {"completed_at": NOW, "holds_cart": False}
    lock = decide(session, drive, state=State.COMPLETED, phase=Phase.STOCK_COMMIT, **end)
    lock = call_off(session, lock, ends_by_progress)
    leg = open_leg(session, lock, fact, closes=Phase.PAYMENT_CAPTURE)
    events.write_event(session, lock, topic=events.COMPLETED)
    return run_leg(leg, LEG_THREE)


def ends_by_progress(cause: str, about: str) -> bool:
    """Tell whether the way forward answers a cause; not that money went back of which we never asked it."""
    return cause != Cause.LEDGER and about not in GIVES_BACK.values()


def _ends_by_settling(cause: str, _about: str) -> bool:
    return cause not in FOR_HUMANS_ONLY


def open_leg(session: Session, lock: Row[Any], fact: Fact | None, *, closes: Phase) -> Leg:
    """Begin a leg: record the answer it follows from, and close the phase whose call that was."""
    leg = Leg(session, lock, History(lock))
    if fact is not None:
        told = apply_answer(session, fact.operation, fact.answer)
        leg.known = operations_of(session, lock.id) if told is None else {told.kind: told}
    leg.history.note(closes, StepStatus.COMPLETED)
    return leg


def run_leg(leg: Leg, phases: tuple[PhaseModule, ...]) -> Progress:
    """Run the phases of a leg that was entered, and write its history. Caller commits."""
    run_phases(leg, phases)
    leg.history.write(leg.session)
    return Progress(leg.lock, (*leg.known.values(), *leg.written), leg.paid_order)


def go_back_refused(session: Session, drive: Drive, _fact: Fact | None) -> Progress:
    """Go back because the authorization or the capture was refused. Caller commits."""
    refused = operations_of(session, drive.lock.id)[_REFUSED_BY_STATE[drive.lock.state]]  # read for its words only
    mine, reason = under_fence(drive.lock.fence), refusal_of(refused)
    lock = go_back(session, drive.lock, mine, outcome=Outcome.DECLINED, reason=reason)
    return Progress(lock, tuple(operations_of(session, lock.id).values()))


def go_back_expired(session: Session, drive: Drive, _fact: Fact | None) -> Progress:
    """Go back because the time ran out during the authorization. Caller commits."""
    lock = expire_row(session, drive.lock, under_fence(drive.lock.fence))
    return Progress(lock, tuple(operations_of(session, lock.id).values()))


_REFUSED_BY_STATE = {State.AUTHORIZING: OperationKind.AUTHORIZE, State.CAPTURING: OperationKind.CAPTURE}


def finish_rollback(session: Session, drive: Drive, _fact: Fact | None) -> Progress:
    """End a checkout that went back, its money settled. Caller commits."""
    ended = finish(session, decide(session, drive, state=State.FAILED))
    return Progress(call_off(session, ended, _ends_by_settling))


def go_back_broken(session: Session, drive: Drive, *, reason: str) -> Row[Any]:
    """Go back because leg 2 fails by a defect. Caller commits."""
    return go_back(session, drive.lock, under_fence(drive.lock.fence), outcome=Outcome.ERROR, reason=reason)


def stay_broken(session: Session, drive: Drive, *, reason: str) -> Row[Any]:
    """Stay where leg 3 fails by a defect, and ask for a human: mend it, then retry (rule 12). Caller commits."""
    mine = under_fence(drive.lock.fence)
    lock = change(session, drive.lock.id, mine, **NO_LEASE)
    return demand(session, lock, Cause.BROKEN, reason, about="leg")
