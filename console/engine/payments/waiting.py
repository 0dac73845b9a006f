"""Asking after an operation that waits: its webhook may be late, or lost."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.database import look, transact
from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.facts import record_answer
from console.engine.payments.gateway import GatewayAnswer, NoAnswer
from console.engine.payments.operations import operations_of
from console.engine.runtime import runtime_of

log = structlog.get_logger("checkout")


def ask_after_waiting(session: Session, lock: Row[Any]) -> None:
    """Ask the gateway once what became of an operation that waits, and record it as a fact. Own transactions.

    It needs no lease, since nothing is sent and nothing decided. Silence leaves the operation as it is.
    """
    known = look(session, lambda reader: operations_of(reader, lock.id))
    for operation in known.values():
        if operation.status == OperationStatus.WAITING:
            answer = _find(session, lock, operation)
            if answer is not None and answer.status.is_resolved:
                _record(session, lock.id, operation, answer)


def _record(session: Session, lock_id: int, operation: Row[Any], answer: GatewayAnswer) -> None:
    transact(session, lambda: record_answer(session, lock_id, operation, answer))


def _find(session: Session, lock: Row[Any], operation: Row[Any]) -> GatewayAnswer | None:
    session.commit()  # no transaction and no pooled connection is held while we wait for the gateway (rule 1)
    runtime = runtime_of(session)
    kind, timeout = OperationKind(operation.kind), runtime.config.gateway_timeout_seconds
    try:
        return runtime.gateway.find(lock.reference, kind=kind, timeout_seconds=timeout)
    except NoAnswer as silence:
        log.warning("gateway_silent", reference=lock.reference, kind=kind, reason=str(silence))
    except Exception:
        log.exception("gateway_failed", reference=lock.reference, kind=kind)
    return None
