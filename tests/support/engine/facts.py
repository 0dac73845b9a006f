"""What is known of a checkout's money, and ways to make more known."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from console.engine.machine import OperationStatus
from console.engine.payments.facts import record_answer
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest
from console.engine.store.database import transact
from console.models import CheckoutLock, PaymentOperation
from console.models.types import clock
from console.testing.scripted import answer
from tests.support.engine.rows import read


def tell(session: Session, lock: CheckoutLock, kind: str, status: OperationStatus, **facts: Any) -> None:
    """Record what a webhook would say."""
    [operation] = session.execute(select(PaymentOperation.__table__).filter_by(lock_id=lock.id, kind=kind))
    session.rollback()
    amount, currency = facts.pop("amount", operation.amount), facts.pop("currency", operation.currency)
    said = GatewayAnswer(status, f"py_{lock.reference}", amount, currency, **facts)
    transact(session, lambda: record_answer(session, lock.id, operation, said))


def let_tries_come(session: Session) -> None:
    """Let every back-off run out."""
    session.execute(update(PaymentOperation).values(next_attempt_at=None))
    session.commit()


def processing(request: GatewayRequest) -> GatewayAnswer:
    """Take an operation in, and let it take a while: a line of a gateway's script."""
    return answer(request, OperationStatus.WAITING)


def grow_old(session: Session, kind: str, seconds: float) -> None:
    """Let an operation have been created so many seconds ago."""
    session.execute(update(PaymentOperation).where(PaymentOperation.kind == kind).values(created_at=clock(-seconds)))
    session.commit()


def statuses(session: Session) -> dict[str, str]:
    return {operation.kind: operation.status for operation in read(session, PaymentOperation)}
