"""The sandbox's memory of every call by its idempotency key: how often it came, and what was answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, update

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, GatewayRequest
from console.gateways.sandbox.tables import calls

_IDENTITY = ("kind", "reference", "amount_minor", "currency", "method", "token")


@dataclass(frozen=True)
class KnownCall:
    """One idempotency key as known so far: the calls made with it, this one included, and their one answer."""

    attempts: int
    answer: GatewayAnswer | None


def record_call(connection: Connection, request: GatewayRequest) -> KnownCall | None:
    """Count this call under its key; None when the key was used for another request. Caller commits.

    Calls with one key pass one at a time: the next one waits here until the one before it has committed.
    """
    row = connection.execute(
        _COUNT_CALL,
        {
            "idempotency_key": request.idempotency_key,
            "kind": request.kind.value,
            "lock_reference": request.reference,
            "request_hash": _request_hash(request),
            "attempts": 1,
            "created_at": datetime.now(UTC),
        },
    ).one_or_none()
    return None if row is None else KnownCall(row.attempts, _from_json(row.answer))


def store_answer(connection: Connection, request: GatewayRequest, *, answer: GatewayAnswer) -> None:
    """Keep the answer that every further call with this key gets. Caller commits."""
    connection.execute(_STORE_ANSWER, {"key": request.idempotency_key, "answer": _to_json(answer)})


def last_answer(connection: Connection, reference: str, *, kind: OperationKind) -> GatewayAnswer | None:
    """Find the latest answer to an operation of this kind for a lock reference, if there was one."""
    row = connection.execute(_LAST_ANSWER, {"reference": reference, "kind": kind.value}).one_or_none()
    return None if row is None else _from_json(row.answer)


def _request_hash(request: GatewayRequest) -> str:
    """Tell requests apart by what they ask for, not by the way there.

    The authorization is left out: when its answer was lost, the same request may come first without it and,
    once it is known, with it.
    """
    identity = json.dumps([getattr(request, name) for name in _IDENTITY])
    return hashlib.sha256(identity.encode()).hexdigest()


def _to_json(answer: GatewayAnswer) -> dict[str, Any]:
    return {
        "status": answer.status.value,
        "provider_reference": answer.provider_reference,
        "amount_minor": answer.amount_minor,
        "currency": answer.currency,
        "code": answer.code,
        "message": answer.message,
        "next_action": None if answer.next_action is None else dict(answer.next_action),
    }


def _from_json(stored: Mapping[str, Any] | None) -> GatewayAnswer | None:
    if stored is None:
        return None
    return GatewayAnswer(**{**stored, "status": OperationStatus(stored["status"])})


# Inserts a key or counts it up, and leaves another request's key alone. As text, the same to both databases: SQLAlchemy
# compiles an INSERT that knows ON CONFLICT anew each time, which costs more than to run it.
_COUNT_CALL = (
    text(
        """
        INSERT INTO sandbox_calls (idempotency_key, kind, lock_reference, request_hash, attempts, created_at)
        VALUES (:idempotency_key, :kind, :lock_reference, :request_hash, :attempts, :created_at)
        ON CONFLICT (idempotency_key) DO UPDATE SET attempts = sandbox_calls.attempts + 1
        WHERE sandbox_calls.request_hash = excluded.request_hash
        RETURNING attempts, answer
        """
    )
    .bindparams(bindparam("created_at", type_=calls.c.created_at.type))
    .columns(calls.c.attempts, calls.c.answer)
)
_STORE_ANSWER = update(calls).where(calls.c.idempotency_key == bindparam("key")).values(answer=bindparam("answer"))
_LAST_ANSWER = (
    select(calls.c.answer)
    .where(
        calls.c.lock_reference == bindparam("reference"),
        calls.c.kind == bindparam("kind"),
        calls.c.answer.is_not(None),
    )
    .order_by(calls.c.created_at.desc())
    .limit(1)
)
