"""Going back: all that is ours is given back in the transaction that decides it; the money may take longer (rule 4)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.driving.locks import DUE, NO_LEASE, change, in_state, let_cart_go
from console.engine.errors import LostRace
from console.engine.machine import UNPAID, OperationKind, OperationStatus, Outcome, Phase, State, StepStatus
from console.engine.payments.operations import Operations, is_settled, operations_of, statuses_of
from console.engine.phases import TO_UNDO
from console.engine.phases.phase import Leg, compensate_phases
from console.engine.record import events
from console.engine.record.attention import Cause, call_off
from console.engine.record.endings import TIME_RAN_OUT
from console.engine.record.history import History
from console.engine.store.clauses import NOW, Clause


def go_back(session: Session, lock: Row[Any], *conditions: Clause, outcome: Outcome, reason: str) -> Row[Any]:
    """Undo a checkout: let the cart go, give back order, stock and coupon, owe the void. Caller commits.

    From a state without a payment it ends at once, and so it does when the authorization was refused; otherwise it is
    `rolling_back` until the money is settled.

    Raises:
        LostRace: when it is not in the state that was read any more, or a condition does not hold.
    """
    let_cart_go(session, lock)
    target = State.FAILED if lock.state in UNPAID else State.ROLLING_BACK
    ending = _ending() if target == State.FAILED else {}
    back = change(
        session,
        lock.id,
        in_state(lock.state),
        *conditions,
        state=target,
        outcome=outcome,
        failure_reason=reason,
        holds_cart=False,
        **ending,
    )
    back = call_off(session, back, _was_broken)  # the leg that failed is not taken any more
    known = operations_of(session, lock.id)  # only now: no fact can pass this update (rule 2)
    _require_refused_capture(lock, known)
    leg = Leg(session, back, History(back), known=known)
    _note_refusals(leg)
    compensate_phases(leg, TO_UNDO[lock.state])
    leg.history.write(session)
    if _was_refused(known.get(OperationKind.AUTHORIZE)):
        back = change(session, lock.id, state=State.FAILED, **_ending())
    if back.state == State.FAILED:
        _write_end(session, back)
    return back


def expire_row(session: Session, row: Row[Any], *conditions: Clause) -> Row[Any]:
    """Expire a checkout that is due. Caller commits.

    Raises:
        LostRace: when it is not due, or somebody decided first: the start of the capture, a release, a cancel.
    """
    return go_back(session, row, DUE, *conditions, outcome=Outcome.EXPIRED, reason=TIME_RAN_OUT)


def _was_broken(cause: str, _about: str) -> bool:
    return cause == Cause.BROKEN


def _ending() -> dict[str, Any]:
    return {"failed_at": NOW, **NO_LEASE}


def _write_end(session: Session, lock: Row[Any]) -> None:
    topic = events.terminal_topic(lock.outcome)
    events.write_event(session, lock, topic=topic, outcome=lock.outcome, reason=lock.failure_reason)


def _was_refused(operation: Row[Any] | None) -> bool:
    return operation is not None and operation.status == OperationStatus.REFUSED


def _require_refused_capture(lock: Row[Any], known: Operations) -> None:
    """Past the point of no return there is one way back: the gateway's refusal, still standing at this moment."""
    if lock.state == State.CAPTURING and not _was_refused(known.get(OperationKind.CAPTURE)):
        raise LostRace(f"the capture of checkout {lock.id} is not refused")


def _note_refusals(leg: Leg) -> None:
    """Close the history of the phase whose gateway call was refused."""
    phases = {
        OperationKind.AUTHORIZE: Phase.PAYMENT_AUTHORIZATION,
        OperationKind.CAPTURE: Phase.PAYMENT_CAPTURE,
    }
    for kind, phase in phases.items():
        operation = leg.known.get(kind)
        if operation is not None and _was_refused(operation):
            detail = {"code": operation.code, "message": operation.message}
            leg.history.note(phase, StepStatus.FAILED, started_at=operation.created_at, detail=detail)


def finish(session: Session, lock: Row[Any]) -> Row[Any]:
    """End a checkout that has gone back and whose money is settled. Caller has entered `failed` by `decide`, commits.

    A checkout that late money had brought back keeps its first end, and has its terminal event already.

    Raises:
        LostRace: when the money is not settled.
    """
    known = operations_of(session, lock.id)
    if not is_settled(statuses_of(known)):
        raise LostRace(f"the money of checkout {lock.id} is not settled")
    _close_compensation(session, lock, known)
    if lock.failed_at is None:
        lock = change(session, lock.id, failed_at=NOW)
        _write_end(session, lock)
    return lock


def _close_compensation(session: Session, lock: Row[Any], known: Operations) -> None:
    """Close the history of the money's way back."""
    history = History(lock)
    backs = {OperationKind.VOID: Phase.PAYMENT_AUTHORIZATION, OperationKind.REFUND: Phase.PAYMENT_CAPTURE}
    for kind, phase in backs.items():
        operation = known.get(kind)
        if operation is not None:
            detail = {"kind": kind, "provider_reference": operation.provider_reference}
            history.note(phase, StepStatus.COMPENSATED, started_at=operation.created_at, detail=detail)
    history.write(session)
