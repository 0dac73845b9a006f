"""The sandbox gateway's webhooks: a provider would send them by itself, here the worker does."""

from __future__ import annotations

import threading

import structlog
from sqlalchemy.orm import Session

from console.engine.payments.gateway import NoAnswer
from console.engine.runtime import runtime_of
from console.gateways.sandbox import SandboxGateway
from console.gateways.sandbox.delivery import Delivery

log = structlog.get_logger(__name__)


def send_sandbox_webhooks(session: Session, *, stop: threading.Event) -> None:
    """Send what waits in the sandbox's ledger, until told to stop; nothing with another gateway."""
    gateway = runtime_of(session).gateway
    if not isinstance(gateway, SandboxGateway):
        return
    try:
        for delivery in gateway.send_webhooks(is_patient=True):
            _log(delivery)
            if stop.is_set():
                return
    except NoAnswer as silence:
        log.warning("sandbox_ledger_out_of_reach", reason=str(silence))


def _log(delivery: Delivery) -> None:
    facts = {"webhook_id": delivery.webhook_id, "attempts": delivery.attempts, "status": delivery.status}
    if delivery.is_delivered:
        log.info("sandbox_webhook_delivered", **facts)
    else:
        log.warning("sandbox_webhook_not_delivered", **facts, error=delivery.error)
