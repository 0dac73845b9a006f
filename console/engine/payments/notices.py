"""What a gateway tells by itself: matched by our own reference, recorded as a fact, whoever drives (rule 2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from console.engine.driving.locks import touch
from console.engine.errors import InvalidWebhook, NotFound
from console.engine.machine import OperationKind, OperationStatus, State
from console.engine.payments.facts import record_answer
from console.engine.payments.gateway import PaymentNotice
from console.engine.payments.operations import meaning, operations_of, write_operation
from console.engine.record.attention import Cause, demand
from console.engine.runtime import runtime_of
from console.engine.store.database import Reader, look, transact
from console.engine.store.tables import locks, operations
from console.models.types import clock

log = structlog.get_logger("checkout")
TOLERANCE = timedelta(seconds=300)
_FIND = (
    select(locks.c.id)
    .join(operations, operations.c.lock_id == locks.c.id)
    .where(locks.c.reference == bindparam("reference"), operations.c.provider == bindparam("provider"))
    .limit(1)
)


def take_notice(session: Session, notice: PaymentNotice) -> Row[Any]:
    """Record what the configured gateway tells of an operation, and give the checkout. Own transaction.

    Safe to be told twice, late, and in any order: facts only rise.

    Raises:
        InvalidWebhook: when it was signed more than 300 s from now, by the database's clock.
        NotFound: when we never asked this gateway for that payment; it is logged, and must be told again.
        DatabaseTrouble: when nothing could be stored.
    """
    provider = runtime_of(session).gateway.name
    lock_id = look(session, lambda reader: _find(reader, notice, provider))
    if lock_id is None:
        log.warning("payment_notice_unknown", provider=provider, reference=notice.reference, kind=notice.kind)
        raise NotFound(f"There is no payment {notice.reference}; tell us again, should it be ours.")
    lock = transact(session, lambda: _record(session, lock_id, notice))
    log.info("payment_notice", reference=lock.reference, kind=notice.kind, status=notice.answer.status)
    return lock


def _find(reader: Reader, notice: PaymentNotice, provider: str) -> int | None:
    now = reader.execute(select(clock())).scalar_one()
    if abs(now - notice.signed_at) > TOLERANCE:
        raise InvalidWebhook("The webhook was signed too long ago, or by a clock that is wrong.")
    reference = notice.reference.replace("\x00", "")
    found: int | None = reader.scalar(_FIND, {"reference": reference, "provider": provider})
    return found


def _record(session: Session, lock_id: int, notice: PaymentNotice) -> Row[Any]:
    lock = touch(session, lock_id)
    known = operations_of(session, lock_id)  # only now: a leg that writes one holds the lock row too
    operation = known.get(notice.kind)
    if operation is not None:
        return record_answer(session, lock_id, operation, notice.answer)
    if meaning(notice.answer, kind=notice.kind) != OperationStatus.SUCCEEDED:
        return lock  # nothing that we never asked for has happened
    return _take_unasked(session, lock, notice)


def _take_unasked(session: Session, lock: Row[Any], notice: PaymentNotice) -> Row[Any]:
    """The gateway did what we never asked it for: write it down as done, with all that follows, and call a human.

    A capture of a checkout that is still on its way is left to its leg, which asks for it and is told that it is done;
    or to the void, should the checkout go back.
    """
    answer = notice.answer
    if notice.kind != OperationKind.CAPTURE or lock.state != State.AUTHORIZING:
        operation = write_operation(
            session, lock, notice.kind, amount_minor=answer.amount_minor, currency=answer.currency
        )
        lock = record_answer(session, lock.id, operation, answer)
    told = f"The gateway tells of a {notice.kind.noun} of {answer.amount_minor} {answer.currency} (minor units)"
    return demand(session, lock, Cause.MISMATCH, f"{told} that we did not ask for.", about=notice.kind)
