"""Calls to the gateway: outside any transaction, only under a lease that covers them; doubt is asked about (rule 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.driving.locks import Drive
from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, NoAnswer
from console.engine.payments.operations import Operations, request_for
from console.engine.runtime import runtime_of
from console.engine.store.database import end_open

log = structlog.get_logger("checkout")
KEY_LIFE = timedelta(hours=23)
RESENDS = 2

Call = Callable[[], GatewayAnswer | None]


def ask_gateway(
    session: Session, drive: Drive, operation: Row[Any], *, known: Operations, is_fresh: bool
) -> GatewayAnswer | None:
    """Have the gateway do an operation, once; None when it stays silent.

    A fresh operation, written by this driver just now, is sent first. In doubt the gateway is asked once, then sent the
    same key again at most twice, all while the lease covers the call. About one that waits it is asked only.
    """
    end_open(session)  # no transaction and no pooled connection is held while we wait for the gateway (rule 1)
    runtime = runtime_of(session)
    gateway, timeout = runtime.gateway, runtime.config.gateway_timeout_seconds
    back = runtime.config.return_url(drive.lock.reference)
    request = request_for(operation, drive.lock, others=known, return_url=back)

    def send() -> GatewayAnswer:
        answer: GatewayAnswer = getattr(gateway, operation.kind)(request, timeout_seconds=timeout)
        return answer

    def find() -> GatewayAnswer | None:
        return gateway.find(request.reference, kind=request.kind, timeout_seconds=timeout)

    for call in _in_order(send, find, is_fresh=is_fresh, may_send=_may_send(operation, drive.lock)):
        if not drive.covers(timeout):
            return None
        try:
            answer = call()
        except NoAnswer as silence:
            log.warning("gateway_silent", reference=request.reference, kind=operation.kind, reason=str(silence))
            continue
        except Exception:
            log.exception("gateway_failed", reference=request.reference, kind=operation.kind)
            continue
        if answer is not None:
            return answer
    return None


def find_answer(session: Session, reference: str, *, kind: OperationKind) -> GatewayAnswer | None:
    """Ask the gateway, once, what became of an operation; None when it knows nothing, or stays silent."""
    session.commit()
    runtime = runtime_of(session)
    try:
        return runtime.gateway.find(reference, kind=kind, timeout_seconds=runtime.config.gateway_timeout_seconds)
    except NoAnswer as silence:
        log.warning("gateway_silent", reference=reference, kind=kind, reason=str(silence))
    except Exception:
        log.exception("gateway_failed", reference=reference, kind=kind)
    return None


def _in_order(send: Call, find: Call, *, is_fresh: bool, may_send: bool) -> tuple[Call, ...]:
    if not may_send:
        return (find,)
    return (send, find, *[send] * RESENDS) if is_fresh else (find, *[send] * RESENDS)


def _may_send(operation: Row[Any], lock: Row[Any]) -> bool:
    """Tell whether sending is safe: past the life of the idempotency key at the gateway it would act twice.

    One that waits arrived there: there is nothing to send.
    """
    age: timedelta = lock.changed_at - operation.created_at
    return age < KEY_LIFE and operation.status != OperationStatus.WAITING
