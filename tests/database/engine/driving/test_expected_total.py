"""The total that was shown: nobody pays another one unasked."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from console.engine import process, resume
from console.engine.care.invariants import check_all
from console.engine.errors import PaymentPending, PriceChanged
from console.engine.runtime import CheckoutConfig
from console.gateways.sandbox import SandboxGateway
from console.models import CheckoutLock, IdempotencyKey, Order, PaymentOperation, PriceSnapshot, StockLevel
from console.testing.factories import VISA, Shop
from tests.support.engine.rows import read, read_one

WAITING = type(VISA)("card", "tok_3ds")


def test_a_total_that_rose_since_it_was_shown_is_not_charged(
    session: Session, shop: Shop, gateway: SandboxGateway
) -> None:
    mug = shop.sell(price=1482)
    lock = shop.checkout()
    shop.reprice(mug, 2682)

    with pytest.raises(PriceChanged) as refusal:
        process(session, lock, payment=VISA, expected_total=1482)

    assert refusal.value.context == {"expected": 1482, "total": 2682}
    assert gateway.ledger() == []
    assert read(session, PaymentOperation) == read(session, Order) == read(session, PriceSnapshot) == []


def test_one_that_fell_is_asked_about_too(session: Session, shop: Shop) -> None:
    mug = shop.sell(price=2682)
    lock = shop.checkout()
    shop.reprice(mug, 1482)

    with pytest.raises(PriceChanged):
        process(session, lock, payment=VISA, expected_total=2682)


def test_the_checkout_is_as_before_and_its_key_may_be_used_again(session: Session, shop: Shop) -> None:
    mug = shop.sell(price=1000)
    lock = shop.checkout()
    before = read_one(session, CheckoutLock)
    shop.reprice(mug, 1200)

    with pytest.raises(PriceChanged):
        process(session, lock, payment=VISA, idempotency_key="pay", expected_total=1000)

    after = read_one(session, CheckoutLock)
    told = ("state", "fence", "revision", "expires_at", "lease_owner", "processed_at", "holds_cart")
    assert [getattr(after, name) for name in told] == [getattr(before, name) for name in told]
    assert read(session, IdempotencyKey) == []
    assert read_one(session, StockLevel).reserved == 0
    order = process(session, lock, payment=VISA, idempotency_key="pay", expected_total=1200)
    assert order.total == 1200
    assert check_all(session) == []


def test_resume_asks_as_process_does(session: Session, shop: Shop) -> None:
    mug = shop.sell(price=1000)
    lock = shop.checkout()
    shop.reprice(mug, 1200)

    with pytest.raises(PriceChanged):
        resume(session, lock, payment=VISA, expected_total=1000)


def test_once_the_payment_is_under_way_it_no_longer_matters(session: Session, shop: Shop) -> None:
    shop.sell(price=1000)
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=WAITING, expected_total=1000)

    with pytest.raises(PaymentPending):
        resume(session, lock, payment=WAITING, expected_total=1)


def test_a_repeated_request_is_answered_whatever_it_expects(session: Session, shop: Shop) -> None:
    shop.sell(price=1000)
    lock = shop.checkout()
    order = process(session, lock, payment=VISA, idempotency_key="pay", expected_total=1000)

    again = process(session, lock, payment=VISA, idempotency_key="pay", expected_total=1)

    assert again.number == order.number


class TestReservedAtTheStart:
    @pytest.fixture
    def config(self) -> CheckoutConfig:
        return CheckoutConfig(reserve_on_start=True)

    def test_the_frozen_total_is_what_counts(self, session: Session, shop: Shop) -> None:
        mug = shop.sell(price=1000)
        lock = shop.checkout()
        shop.reprice(mug, 1200)

        with pytest.raises(PriceChanged) as refusal:
            process(session, lock, payment=VISA, expected_total=1200)

        assert refusal.value.context["total"] == 1000
        assert read_one(session, CheckoutLock).state == "locking_prices"
        assert process(session, lock, payment=VISA, expected_total=1000).total == 1000
