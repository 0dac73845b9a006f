"""Purchases that do not go through at once, and what was told of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.engine import CheckoutError, Payment, process
from console.engine.errors import PaymentDeclined, PaymentPending
from console.engine.store.database import load
from console.models import CheckoutLock, OutboxEvent
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway, refuse, stay_silent, wait_for_shopper
from tests.support.engine.rows import read


def pay(
    session: Session,
    shop: Shop,
    lock: CheckoutLock | None = None,
    *,
    refused: type[CheckoutError] = CheckoutError,
) -> CheckoutLock:
    """Pay for a checkout, by default that of a mug put on sale; the gateway's script keeps it from an order at once."""
    if lock is None:
        shop.sell()
        lock = shop.checkout()
    with pytest.raises(refused):
        process(session, lock, payment=VISA)
    return lock


def decline(session: Session, shop: Shop, bank: ScriptedGateway, kind: str, **goods: Any) -> CheckoutLock:
    """Pay for a mug put on sale, the card declined at the authorization or at the capture."""
    bank.script(kind, refuse("card_declined"))
    shop.sell(**goods)
    return pay(session, shop, shop.checkout(), refused=PaymentDeclined)


def leave_in_doubt(
    session: Session, shop: Shop, bank: ScriptedGateway, kind: str, *, silences: int = 3, **goods: Any
) -> CheckoutLock:
    """Pay for a mug put on sale, the gateway silent so many times about an operation: the first three leave it unknown."""
    bank.script(kind, *[stay_silent] * silences)
    shop.sell(**goods)
    return pay(session, shop, shop.checkout(), refused=PaymentPending)


def start_waiting(session: Session, shop: Shop, bank: ScriptedGateway, **cart: Any) -> CheckoutLock:
    """Start a checkout whose authorization waits for its shopper."""
    lock = shop.checkout(**cart)
    bank.script("authorize", wait_for_shopper)
    return pay(session, shop, lock, refused=PaymentPending)


def leave_silent(session: Session, shop: Shop) -> CheckoutLock:
    """Start the checkout of a mug whose authorization the sandbox gateway never answers."""
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))
    return lock


def only_lock(session: Session) -> CheckoutLock:
    """Look the only checkout up, as a session of somebody else sees it."""
    return load(session, select(CheckoutLock))


@contextmanager
def noting_refusal(told: list[str]) -> Iterator[None]:
    """Note by its code what somebody is refused meanwhile."""
    try:
        yield
    except CheckoutError as refusal:
        told.append(refusal.code)


def break_down(*_: object, **__: object) -> NoReturn:
    """Fail by a defect."""
    raise ArithmeticError("a defect")


def topics(session: Session) -> list[str]:
    """List the topics of all events, in their order."""
    return [event.topic for event in read(session, OutboxEvent)]


def calls_for_humans(session: Session) -> int:
    """Count how often a human was called."""
    return topics(session).count("CheckoutNeedsAttention")
