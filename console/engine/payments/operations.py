"""Payment operations: written before the call, resolved after it. Their facts only rise, and are never fenced.

A fact's transaction first holds the lock row, then raises the operation and applies rule 3 (late money). A decision
reads the operations only after its own update of the lock row: so the two cannot pass each other.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, bindparam, insert, select
from sqlalchemy.orm import Session

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest
from console.engine.runtime import runtime_of
from console.engine.store.clauses import NOW, Clause, change_row, words
from console.engine.store.database import Reader, run
from console.engine.store.tables import operations

Operations = Mapping[str, Row[Any]]

_WRITE = insert(operations).returning(operations)
_WRITE_FREE = insert(operations).values(resolved_at=NOW.sql).returning(operations)
_OF_LOCK = select(operations).where(operations.c.lock_id == bindparam("lock_id"))
_LOWER_THAN = {
    status: Clause(operations.c.status.in_(words(each for each in OperationStatus if each.rank < status.rank)))
    for status in OperationStatus
}


def write_operation(
    session: Session, lock: Row[Any], kind: OperationKind, *, amount_minor: int, currency: str, **request: Any
) -> Row[Any]:
    """Write an operation down, before its call. Caller commits.

    With an amount of 0 there is nothing to call for: it is written as succeeded (rule 14).
    """
    row = {
        "lock_id": lock.id,
        "kind": kind,
        "status": OperationStatus.PENDING,
        "amount": amount_minor,
        "currency": currency,
        "idempotency_key": f"{lock.reference}-{kind}-{secrets.token_hex(8)}",
        "provider": runtime_of(session).gateway.name,
        **request,
    }
    if amount_minor == 0:
        row |= {"status": OperationStatus.SUCCEEDED, "payment_token": None}
    return run(session, _WRITE_FREE if amount_minor == 0 else _WRITE, row).one()


def operations_of(reader: Reader, lock_id: int) -> Operations:
    """Read the operations of a checkout, by kind."""
    return {row.kind: row for row in run(reader, _OF_LOCK, {"lock_id": lock_id}).all()}


def request_for(operation: Row[Any], lock: Row[Any], *, others: Operations, return_url: str) -> GatewayRequest:
    """Build what the gateway is asked, the same at every resend."""
    authorization = others.get(OperationKind.AUTHORIZE)
    return GatewayRequest(
        kind=OperationKind(operation.kind),
        reference=lock.reference,
        idempotency_key=operation.idempotency_key,
        amount_minor=operation.amount,
        currency=operation.currency,
        authorization=authorization.provider_reference if authorization else None,
        method=operation.payment_method,
        token=operation.payment_token,
        return_url=return_url,
    )


def raise_operation(session: Session, operation: Row[Any], *, status: OperationStatus, **facts: Any) -> Row[Any] | None:
    """Raise an operation to a higher status; None when it is that high already. Caller holds the lock row, commits.

    Once resolved it needs the payment token no more.
    """
    if status.is_resolved:
        facts |= {"resolved_at": NOW, "payment_token": None, "next_attempt_at": None}
    lower = _LOWER_THAN[status]
    return run(session, *change_row(operations, operation.id, [lower], {"status": status, **facts})).one_or_none()


def apply_answer(session: Session, operation: Row[Any], answer: GatewayAnswer) -> Row[Any] | None:
    """Record what the gateway said of an operation. Caller holds the lock row and commits."""
    return raise_operation(
        session,
        operation,
        status=meaning(answer, kind=operation.kind),
        provider_reference=_text(answer.provider_reference, most=255) or operation.provider_reference,
        code=_text(answer.code, most=64),
        message=_text(answer.message, most=1000),
        next_action=dict(answer.next_action) if answer.next_action else None,
        answer=storable(answer.raw),
        **({"resolved_by": None} if operation.resolved_by else {}),  # a human's word, until the gateway's own
    )


def _text(said: str | None, *, most: int) -> str | None:
    return said.replace("\x00", "")[:most] if said else None


def storable(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Bring what a gateway said into JSON, whatever its adapter left in it: a fact must not be lost for its form."""
    stored: dict[str, Any] = json.loads(json.dumps(dict(raw), default=str).replace("\\u0000", ""))
    return stored


def is_settled(statuses: Mapping[str, str]) -> bool:
    """Tell, from the status of each kind of operation, whether all have their last word and no money is held."""

    def succeeded(kind: OperationKind) -> bool:
        return statuses.get(kind) == OperationStatus.SUCCEEDED

    if any(not OperationStatus(status).is_resolved for status in statuses.values()):
        return False
    if succeeded(OperationKind.CAPTURE):
        return succeeded(OperationKind.REFUND)
    if succeeded(OperationKind.AUTHORIZE):
        return succeeded(OperationKind.VOID) or succeeded(OperationKind.REFUND)
    return True


def any_open(known: Operations) -> bool:
    """Tell whether an operation has no last word yet."""
    return any(operation.resolved_at is None for operation in known.values())


def statuses_of(known: Operations) -> dict[str, str]:
    """Tell the status of each kind of operation."""
    return {kind: operation.status for kind, operation in known.items()}


# What a refusal really says (docs/engine.md, rule 5): the thing was done, by an earlier call of ours.
_DONE_ALREADY = {
    (OperationKind.CAPTURE, "already_captured"),
    (OperationKind.VOID, "already_voided"),
    (OperationKind.VOID, "authorization_expired"),
    (OperationKind.REFUND, "already_refunded"),
}


def meaning(answer: GatewayAnswer, *, kind: str) -> OperationStatus:
    """Tell which status an answer gives to an operation of this kind."""
    if answer.status == OperationStatus.REFUSED and (kind, answer.code) in _DONE_ALREADY:
        return OperationStatus.SUCCEEDED
    return answer.status


def is_what_we_asked(answer: GatewayAnswer, operation: Row[Any]) -> bool:
    """Tell whether an answer speaks of our amount and currency; another one is never applied.

    A void that was done already, or is needed no more, has no amount of its own.
    """
    if meaning(answer, kind=operation.kind) != OperationStatus.SUCCEEDED:
        return True
    if operation.kind == OperationKind.VOID and answer.status == OperationStatus.REFUSED:
        return True
    return (answer.amount_minor, answer.currency) == (operation.amount, operation.currency)
