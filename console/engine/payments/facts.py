"""Facts about money: what the gateway said, whoever heard it, and what follows from it at once (rules 2, 3 and 5).

Recording a fact needs no fence and takes no decision: it holds the lock row, raises the operation, and does what
follows at once. Money that comes too late goes back: see `late_money`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, case, update
from sqlalchemy.orm import Session

from console.engine.driving.locks import change, touch
from console.engine.machine import OperationKind, OperationStatus, State
from console.engine.payments.gateway import GatewayAnswer
from console.engine.payments.late_money import GIVES_BACK, give_back, refund_found_capture, take_late_money
from console.engine.payments.operations import (
    any_open,
    apply_answer,
    is_settled,
    is_what_we_asked,
    operations_of,
    raise_operation,
    statuses_of,
    storable,
)
from console.engine.record.attention import FOR_HUMANS_ONLY, Cause, call_off, demand
from console.engine.runtime import runtime_of
from console.engine.store.clauses import Clause, after
from console.engine.store.tables import locks, operations
from console.models.types import clock

TRIES_BEFORE_ATTENTION = 3
_BACKOFF_SECONDS = (5, 30, 120, 600, 3600)
_DEADLINE = after(0).sql
_EARLIER = case((locks.c.expires_at < _DEADLINE, locks.c.expires_at), else_=_DEADLINE)


@dataclass(frozen=True)
class Fact:
    """What the gateway said of an operation."""

    operation: Row[Any]
    answer: GatewayAnswer

    @property
    def is_ours(self) -> bool:
        """Tell whether it speaks of what we asked for; another amount or currency is never applied."""
        return is_what_we_asked(self.answer, self.operation)


def record_answer(session: Session, lock_id: int, operation: Row[Any], answer: GatewayAnswer) -> Row[Any]:
    """Record an answer of the gateway as a fact, with all that follows from it; give the lock. Caller commits."""
    lock = touch(session, lock_id)
    if not is_what_we_asked(answer, operation):
        return _record_mismatch(session, lock, operation, answer)
    raised = apply_answer(session, operation, answer)
    if answer.status == OperationStatus.WAITING:
        _ask_later(session, lock, operation)
        if raised is None and answer.next_action:
            _keep_next_action(session, operation, answer.next_action)
    return lock if raised is None else follow(session, lock, raised)


def record_silence(session: Session, lock_id: int, operation: Row[Any]) -> Row[Any]:
    """Record that a try brought no answer, and when the next one is due; give the lock. Caller commits."""
    lock = touch(session, lock_id)
    raise_operation(session, operation, status=OperationStatus.UNKNOWN)
    attempts = operation.attempts + 1
    wait = _BACKOFF_SECONDS[min(attempts, len(_BACKOFF_SECONDS)) - 1]
    _put_off(session, operation, seconds=wait, attempts=attempts)
    if attempts >= TRIES_BEFORE_ATTENTION:
        call = OperationKind(operation.kind).noun
        message = f"The gateway did not answer the {call} in {attempts} tries; whether it happened is unknown."
        return demand(session, lock, Cause.UNANSWERED, message, about=operation.kind)
    return lock


def _ask_later(session: Session, lock: Row[Any], operation: Row[Any]) -> None:
    """Have a waiting operation asked about again, since a webhook can be lost: as long after this as it took so far."""
    age: timedelta = lock.changed_at - operation.created_at
    wait = min(max(age.total_seconds(), _BACKOFF_SECONDS[0]), _BACKOFF_SECONDS[-1])
    _put_off(session, operation, seconds=wait, attempts=0)


def _keep_next_action(session: Session, operation: Row[Any], next_action: Mapping[str, str]) -> None:
    """Keep what the shopper must do, told by the synchronous answer after a webhook had said only that it waits."""
    session.execute(
        update(operations)
        .where(operations.c.id == operation.id, operations.c.status == OperationStatus.WAITING)
        .values(next_action=dict(next_action))
    )


def _put_off(session: Session, operation: Row[Any], *, seconds: float, attempts: int) -> None:
    """Plan the next try. One that is planned already and still to come stays: a try by somebody's wish, support's or
    the shopper's, comes besides and puts off nothing.
    """
    jittered = seconds * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, no secret
    planned, now, later = operations.c.next_attempt_at, clock(), clock(jittered)
    is_to_come = (planned > now) & (planned < later)
    session.execute(
        update(operations)
        .where(operations.c.id == operation.id, operations.c.resolved_at.is_(None))
        .values(attempts=attempts, next_attempt_at=case((is_to_come, planned), else_=later))
    )


def follow(session: Session, lock: Row[Any], raised: Row[Any]) -> Row[Any]:
    """Do what a new fact asks for at once, whoever told it; give the lock. Caller holds the lock row and commits."""
    if raised.resolved_at is not None:
        lock = _end_doubt(session, lock, raised)
    if raised.status == OperationStatus.WAITING and raised.kind == OperationKind.AUTHORIZE:
        return _follow_waiting(session, lock)
    if raised.status == OperationStatus.SUCCEEDED:
        return _follow_success(session, lock, raised)
    if raised.status == OperationStatus.REFUSED and raised.kind in (OperationKind.VOID, OperationKind.REFUND):
        return _follow_refusal(session, lock, raised)
    return lock


def _follow_waiting(session: Session, lock: Row[Any]) -> Row[Any]:
    """A waiting authorization keeps the earlier of its two deadlines, so that there is one, which *extend* moves.

    Nobody waits for it any more on a checkout that is going back: it is voided.
    """
    if lock.state == State.ROLLING_BACK:
        give_back(session, lock, operations_of(session, lock.id))
        return lock
    if lock.state != State.AUTHORIZING:
        return lock
    deadline = after(runtime_of(session).config.auth_timeout_seconds)
    return change(session, lock.id, expires_at=Clause(_EARLIER, deadline.values))


def _follow_success(session: Session, lock: Row[Any], raised: Row[Any]) -> Row[Any]:
    if raised.kind in GIVES_BACK and lock.state in (State.ROLLING_BACK, State.FAILED):
        return take_late_money(session, lock, raised)
    if raised.kind == OperationKind.VOID:
        known = operations_of(session, lock.id)
        if known[OperationKind.AUTHORIZE].status == OperationStatus.WAITING:
            authorize = known[OperationKind.AUTHORIZE]
            raise_operation(session, authorize, status=OperationStatus.REFUSED, code="voided")
    return lock


def _end_doubt(session: Session, lock: Row[Any], raised: Row[Any]) -> Row[Any]:
    """Call the human off whom this operation's doubt had called; once no money is held any more, the others too."""
    if lock.needs_attention is None:
        return lock
    known = operations_of(session, lock.id)
    is_going_back = lock.state in (State.ROLLING_BACK, State.FAILED)
    is_over = is_settled(statuses_of(known)) if is_going_back else not any_open(known)

    def ends(cause: str, about: str) -> bool:
        if about == raised.kind and cause in (Cause.UNANSWERED, Cause.MISMATCH):
            return True
        return is_over and (is_going_back or cause == Cause.EARLIER) and cause not in FOR_HUMANS_ONLY

    return call_off(session, lock, ends)


def _follow_refusal(session: Session, lock: Row[Any], back: Row[Any]) -> Row[Any]:
    """The gateway does not give the money back: it was captured after all, or a human is needed."""
    if back.kind == OperationKind.VOID and back.code == "already_captured":
        return refund_found_capture(session, lock)
    if back.resolved_by is not None:
        message = f"The {back.kind} did not happen, says {back.resolved_by}; the money is to be given back by hand."
    else:
        message = f"The gateway refused the {back.kind}: {(back.message or back.code or '').rstrip('.')}."
    return demand(session, lock, Cause.REFUSED, message, about=back.kind)


def _record_mismatch(session: Session, lock: Row[Any], operation: Row[Any], answer: GatewayAnswer) -> Row[Any]:
    """Store an answer with a wrong amount or currency without applying it."""
    told = {"amount": answer.amount_minor, "currency": answer.currency, "raw": storable(answer.raw)}
    kept = {**(operation.answer or {}), "mismatch": told}
    session.execute(update(operations).where(operations.c.id == operation.id).values(answer=kept))
    _put_off(session, operation, seconds=_BACKOFF_SECONDS[-1], attempts=operation.attempts + 1)
    message = (
        f"The gateway speaks of {answer.amount_minor} {answer.currency} for the {OperationKind(operation.kind).noun} "
        f"of {operation.amount} {operation.currency} (minor units)."
    )
    return demand(session, lock, Cause.MISMATCH, message, about=operation.kind)
