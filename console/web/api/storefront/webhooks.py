"""Webhooks: what the payment gateway tells by itself. A signature lets it in; no token, no CSRF, no shopper's limit."""

from __future__ import annotations

import structlog
from flask import request
from sqlalchemy import select

from console.engine import advance
from console.engine.errors import CheckoutError, NotFound
from console.engine.payments.gateway import PaymentNotice, SendsWebhooks
from console.engine.payments.notices import take_notice
from console.engine.runtime import runtime_of
from console.engine.store.database import load
from console.extensions import db
from console.models import CheckoutLock
from console.web.api.calls import Call, route
from console.web.shared.resources import WebhookAnswer

log = structlog.get_logger(__name__)


@route(
    "POST",
    "/webhooks/payments/<text:provider>",
    Call({200: WebhookAnswer}, refusals=("invalid_webhook", "not_found"), is_public=True, is_signed=True),
)
def take_payment_webhook(provider: str) -> WebhookAnswer:
    """Take what the payment gateway tells of an operation: 200 once it is stored.

    The configured gateway's signature is asked for. The same webhook may come again, late, and in any order. One of an
    unknown payment, or of another gateway, is answered 404: it is not stored, and may be sent again.
    """
    notice = _read(provider)
    if notice is None:
        return WebhookAnswer(is_stored=False)
    lock_id = take_notice(db.session(), notice).id
    _drive_on(lock_id)
    return WebhookAnswer(is_stored=True)


def _read(provider: str) -> PaymentNotice | None:
    gateway = runtime_of(db.session()).gateway
    if provider != gateway.name or not isinstance(gateway, SendsWebhooks):
        raise NotFound("Payments do not go through this gateway.")
    return gateway.read_webhook(request.get_data(), dict(request.headers))


def _drive_on(lock_id: int) -> None:
    """Go on with the checkout. What was told is stored, so nothing that fails here changes the answer."""
    session = db.session()
    try:
        advance(session, load(session, select(CheckoutLock).where(CheckoutLock.id == lock_id)))
    except CheckoutError as error:  # driven by another request, or the database has gone: the recovery goes on
        log.info("webhook_not_followed", lock_id=lock_id, reason=str(error))
    except Exception:
        log.exception("webhook_not_followed", lock_id=lock_id)
