"""What a gateway tells by itself of a mug's payment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from console.engine.machine import OperationKind, OperationStatus
from console.engine.payments.gateway import GatewayAnswer, PaymentNotice
from console.models import CheckoutLock
from console.testing.factories import Shop
from console.testing.scripted import ScriptedGateway
from tests.support.engine.purchases import start_waiting

AUTHORIZE, CAPTURE, VOID, REFUND = OperationKind
SUCCEEDED, REFUSED, WAITING = OperationStatus.SUCCEEDED, OperationStatus.REFUSED, OperationStatus.WAITING


def notice(lock: CheckoutLock, kind: OperationKind, status: OperationStatus = SUCCEEDED, **facts: Any) -> PaymentNotice:
    """Build what a gateway tells of a mug's payment."""
    signed_at = facts.pop("signed_at", datetime.now(UTC))
    told = {"amount_minor": 1000, "currency": "GBP"} | facts
    return PaymentNotice(lock.reference, kind, GatewayAnswer(status, "py_1", **told), signed_at)


def waiting_for_shopper(session: Session, shop: Shop, bank: ScriptedGateway) -> CheckoutLock:
    shop.sell()
    return start_waiting(session, shop, bank)
