"""Prices that move during a checkout: the snapshot wins, the drift is recorded, and told once beyond the tolerance."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from console.engine import Payment, process, start
from console.engine.care.invariants import check_all
from console.engine.errors import PaymentPending
from console.engine.prices.drift import count_drifted, detect_drift, read_drifts
from console.engine.record.events import PRICE_DRIFT
from console.engine.runtime import CheckoutConfig
from console.engine.store.signals import price_drift_detected
from console.models import CheckoutLock, CheckoutStep, ExchangeRate, OutboxEvent, Variant, VariantPrice
from console.testing.factories import VISA, Shop
from tests.support.engine.merchant import add, pounds_in
from tests.support.engine.rows import read, read_one


@pytest.fixture
def config() -> CheckoutConfig:
    """Freeze prices at the start, so that there is a time in which they move."""
    return CheckoutConfig(reserve_on_start=True, price_drift_tolerance_minor=5)


@pytest.fixture
def mug(shop: Shop) -> Variant:
    return shop.sell("MUG", price=1000, stock=50)


def told(session: Session) -> list[dict[str, Any]]:
    return [event.payload for event in read(session, OutboxEvent, topic=PRICE_DRIFT)]


def counted(session: Session, *, hours: int = 1) -> int:
    since = read(session, CheckoutLock)[0].locked_at - timedelta(hours=hours)
    return count_drifted(session, since=since, tolerance_minor=5)


def noted(session: Session, lock: CheckoutLock) -> Any:
    return read_one(session, CheckoutStep, lock_id=lock.id, phase="order_creation").detail


def test_a_price_that_moved_is_told_with_the_order_and_not_paid(session: Session, shop: Shop, mug: Variant) -> None:
    shop.sell("CUP", price=500)
    lock = shop.checkout(("MUG", 2), ("CUP", 1))
    shop.reprice(mug, 1050)

    order = process(session, lock, payment=VISA)

    assert order.total == 2500
    [event] = told(session)
    assert (event["drift"], event["currency"]) == (100, "GBP")
    assert event["lines"] == [{"sku": "MUG", "quantity": 2, "frozen": 1000, "today": 1050}]
    assert noted(session, lock) == {"price_drift": 100, "currency": "GBP"}
    assert counted(session) == 1
    assert check_all(session) == []


def test_a_price_that_fell_drifts_too(session: Session, shop: Shop, mug: Variant) -> None:
    lock = shop.checkout(("MUG", 3))
    shop.reprice(mug, 998)

    process(session, lock, payment=VISA)

    assert [event["drift"] for event in told(session)] == [-6]


def test_drift_within_the_tolerance_is_recorded_and_not_told(session: Session, shop: Shop, mug: Variant) -> None:
    lock = shop.checkout(("MUG", 1))
    shop.reprice(mug, 1005)

    process(session, lock, payment=VISA)

    assert (told(session), counted(session)) == ([], 0)
    assert noted(session, lock) == {"price_drift": 5, "currency": "GBP"}


def test_prices_that_stood_still_leave_no_trace(session: Session, shop: Shop, mug: Variant) -> None:
    lock = shop.checkout(("MUG", 1))

    process(session, lock, payment=VISA)

    assert (told(session), counted(session), noted(session, lock)) == ([], 0, None)


def test_a_live_checkouts_drift_is_told_once(session: Session, shop: Shop, mug: Variant) -> None:
    lock = shop.checkout(("MUG", 1))
    shop.checkout(("MUG", 1), session_id="other")
    heard: list[Any] = []
    listener = price_drift_detected.connect(lambda _sender, **facts: heard.append(facts["lock_id"]), weak=False)
    assert detect_drift(session) == 0
    shop.reprice(mug, 1100)

    found = [detect_drift(session), detect_drift(session)]
    order = process(session, lock, payment=VISA)

    assert found == [2, 0]
    assert [event["drift"] for event in told(session)] == [100, 100]
    price_drift_detected.disconnect(listener)
    assert lock.id in heard
    assert len(heard) == 2
    assert (order.total, counted(session)) == (1000, 2)
    assert check_all(session) == []


def test_drift_that_was_told_counts_when_the_price_is_back(session: Session, shop: Shop, mug: Variant) -> None:
    shop.checkout(("MUG", 1))
    shop.reprice(mug, 1100)
    detect_drift(session)
    shop.reprice(mug, 1000)

    later = read_one(session, CheckoutLock).expires_at
    assert (counted(session), count_drifted(session, since=later, tolerance_minor=5)) == (1, 0)


def test_a_checkout_whose_payment_is_in_doubt_is_watched(session: Session, shop: Shop, mug: Variant) -> None:
    lock = shop.checkout(("MUG", 1))
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))
    shop.reprice(mug, 1100)

    assert detect_drift(session) == 1


def test_a_rate_that_moved_is_drift(session: Session, shop: Shop, mug: Variant) -> None:
    add(session, pounds_in("KWD", "0.3895"))
    lock, other = (shop.checkout(("MUG", 2), currency="KWD", session_id=name) for name in ("phone", "desk"))
    session.execute(update(ExchangeRate).values(rate=Decimal("0.3905")))
    session.commit()

    order = process(session, lock, payment=VISA)

    assert order.total == 7790
    assert [event["drift"] for event in told(session)] == [20]
    assert noted(session, lock) == {"price_drift": 20, "currency": "KWD"}
    assert (counted(session), detect_drift(session), counted(session)) == (2, 1, 2)
    assert read_drifts(session, [other.id])[other.id].amount == 20


def test_an_agreed_price_never_drifts(session: Session, shop: Shop, mug: Variant) -> None:
    lock = start(session, shop.cart(agreed=[("MUG", 1, 300)]), session_id="phone")
    shop.reprice(mug, 9000)

    process(session, lock, payment=VISA)

    assert (told(session), counted(session)) == ([], 0)
    assert [line.today for line in read_drifts(session, [lock.id])[lock.id].lines] == [300]


def test_what_has_no_price_any_more_does_not_drift(session: Session, shop: Shop, mug: Variant) -> None:
    lock = shop.checkout(("MUG", 1))
    session.execute(update(Variant).values(active=False))
    session.execute(delete(VariantPrice).where(VariantPrice.variant_id == mug.id))
    session.commit()

    assert process(session, lock, payment=VISA).total == 1000
    assert (read_drifts(session, [lock.id])[lock.id].amount, counted(session)) == (0, 0)


def test_the_database_counts_what_the_lines_add_up_to(session: Session, shop: Shop, mug: Variant) -> None:
    cup = shop.sell("CUP", price=500, stock=50)
    carts = [[("MUG", 1)], [("CUP", 3)], [("MUG", 3), ("CUP", 1)], [("MUG", 1), ("CUP", 2)]]
    locks = [shop.checkout(*lines, session_id=str(number)) for number, lines in enumerate(carts)]
    shop.reprice(mug, 1004)
    shop.reprice(cup, 488)

    drifts = read_drifts(session, [lock.id for lock in locks])

    assert [drifts[lock.id].amount for lock in locks] == [4, -36, 0, -20]
    assert counted(session) == 2
