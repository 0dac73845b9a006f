"""Purchases that do not go through at once, and what was told of them."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from sqlalchemy.orm import Session

from console.engine import CheckoutError, Payment, process
from console.engine.errors import PaymentPending
from console.models import CheckoutLock, OutboxEvent
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway, wait_for_shopper
from tests.support.engine.rows import read


def pay(session: Session, shop: Shop, lock: CheckoutLock | None = None) -> CheckoutLock:
    """Pay for a checkout, by default that of a mug put on sale; the gateway's script keeps it from an order at once."""
    if lock is None:
        shop.sell()
        lock = shop.checkout()
    with pytest.raises(CheckoutError):
        process(session, lock, payment=VISA)
    return lock


def start_waiting(session: Session, shop: Shop, bank: ScriptedGateway, **cart: Any) -> CheckoutLock:
    """Start a checkout whose authorization waits for its shopper."""
    lock = shop.checkout(**cart)
    bank.script("authorize", wait_for_shopper)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)
    return lock


def leave_silent(session: Session, shop: Shop) -> CheckoutLock:
    """Start the checkout of a mug whose authorization the sandbox gateway never answers."""
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))
    return lock


def break_down(*_: object, **__: object) -> NoReturn:
    """Fail by a defect."""
    raise ArithmeticError("a defect")


def topics(session: Session) -> list[str]:
    """List the topics of all events, in their order."""
    return [event.topic for event in read(session, OutboxEvent)]


def calls_for_humans(session: Session) -> int:
    """Count how often a human was called."""
    return topics(session).count("CheckoutNeedsAttention")
