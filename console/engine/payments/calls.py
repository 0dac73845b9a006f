"""Calls to the gateway: outside any transaction, only under a lease that covers them; doubt is asked about (rule 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.orm import Session

from console.engine.database import end_open
from console.engine.locks import Drive
from console.engine.payments.gateway import GatewayAnswer, NoAnswer
from console.engine.payments.operations import Operations, request_for
from console.engine.runtime import runtime_of

log = structlog.get_logger("checkout")
KEY_LIFE = timedelta(hours=23)
RESENDS = 2

Call = Callable[[], GatewayAnswer | None]


def ask_gateway(
    session: Session, drive: Drive, operation: Row[Any], *, known: Operations, is_fresh: bool
) -> GatewayAnswer | None:
    """Have the gateway do an operation, once; None when it stays silent.

    A fresh operation, written by this driver just now, is sent first. In doubt the gateway is asked once, then sent the
    same key again at most twice, all while the lease covers the call.
    """
    end_open(session)  # no transaction and no pooled connection is held while we wait for the gateway (rule 1)
    runtime = runtime_of(session)
    gateway, timeout = runtime.gateway, runtime.config.gateway_timeout_seconds
    request = request_for(operation, drive.lock, others=known, public_url=runtime.config.public_url)

    def send() -> GatewayAnswer:
        answer: GatewayAnswer = getattr(gateway, operation.kind)(request, timeout_seconds=timeout)
        return answer

    def find() -> GatewayAnswer | None:
        return gateway.find(request.reference, kind=request.kind, timeout_seconds=timeout)

    for call in _in_order(send, find, is_fresh=is_fresh, may_send=_key_lives(operation, drive.lock)):
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


def _in_order(send: Call, find: Call, *, is_fresh: bool, may_send: bool) -> tuple[Call, ...]:
    if not may_send:
        return (find,)
    return (send, find, *[send] * RESENDS) if is_fresh else (find, *[send] * RESENDS)


def _key_lives(operation: Row[Any], lock: Row[Any]) -> bool:
    """Tell whether the gateway still knows the operation's idempotency key: past its life, sending acts twice."""
    age: timedelta = lock.changed_at - operation.created_at
    return age < KEY_LIFE
