"""A checkout that is not paid: refused, in doubt, expired, cancelled; everything is given back, or held until it is known."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from console.engine import Payment, cancel, process, resume, start
from console.engine.care.invariants import check_all
from console.engine.errors import Cancelled, Expired, InvalidInput, PaymentDeclined, PaymentPending
from console.gateways.sandbox import SandboxGateway
from console.models import Cart, CheckoutLock, Order, OutboxEvent, PaymentOperation, StockLevel
from console.testing.factories import VISA, Shop, make_due
from tests.support.engine.rows import read


@pytest.mark.parametrize("token", ["tok_lost_authorize", "tok_lost_capture", "tok_error_authorize"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_lost_answer_is_asked_for_and_never_charges_twice(
    session: Session, shop: Shop, gateway: SandboxGateway, token: str, times: int
) -> None:
    shop.sell(stock=100)

    for _ in range(times):
        process(session, shop.checkout(), payment=Payment("card", token))

    assert [charge.captured for charge in gateway.ledger()] == [1000] * times
    assert check_all(session) == []


@pytest.mark.parametrize("token", ["tok_error_capture", "tok_error_after_capture"])
def test_an_error_at_the_capture_is_no_refusal(
    session: Session, shop: Shop, gateway: SandboxGateway, token: str
) -> None:
    shop.sell()

    order = process(session, shop.checkout(), payment=Payment("card", token))

    assert order.status == "paid"
    assert [(charge.captured, charge.voided) for charge in gateway.ledger()] == [(1000, 0)]


@pytest.mark.parametrize("token", ["tok_declined", "tok_insufficient_funds"])
def test_a_declined_authorization_gives_everything_back_and_leaves_the_cart_to_buy_again(
    session: Session, shop: Shop, token: str
) -> None:
    shop.sell(stock=10)
    lock = shop.checkout()

    with pytest.raises(PaymentDeclined) as refusal:
        process(session, lock, payment=Payment("card", token))

    assert refusal.value.phase == "payment_authorization"
    assert (lock.state, lock.outcome, lock.holds_cart) == ("failed", "declined", False)
    assert [level.reserved for level in read(session, StockLevel)] == [0]
    again = start(session, session.get_one(Cart, lock.cart_id), session_id="phone")
    assert process(session, again, payment=VISA).status == "paid"
    assert check_all(session) == []


def test_a_refused_capture_voids_the_authorization_and_cancels_the_order(
    session: Session, shop: Shop, gateway: SandboxGateway
) -> None:
    shop.sell()
    lock = shop.checkout()

    with pytest.raises(PaymentDeclined) as refusal:
        process(session, lock, payment=Payment("card", "tok_capture_declined"))

    assert refusal.value.phase == "payment_capture"
    assert [order.status for order in read(session, Order)] == ["cancelled"]
    assert [(charge.captured, charge.voided) for charge in gateway.ledger()] == [(0, 1000)]
    assert (lock.state, lock.outcome) == ("failed", "declined")
    assert check_all(session) == []


def test_a_due_checkout_expires_when_its_payment_comes(session: Session, shop: Shop, gateway: SandboxGateway) -> None:
    shop.sell()
    lock = shop.checkout()
    make_due(session, lock)

    with pytest.raises(Expired):
        process(session, lock, payment=VISA)

    assert (lock.state, lock.outcome) == ("failed", "expired")
    assert gateway.ledger() == []
    assert [each.topic for each in read(session, OutboxEvent)] == ["CheckoutStarted", "CheckoutExpired"]


def test_a_cancelled_checkout_frees_its_cart_at_once(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    cancel(session, lock)

    assert (lock.state, lock.outcome) == ("failed", "cancelled")
    assert [cart.lock_id for cart in read(session, Cart)] == [None]
    with pytest.raises(Cancelled):
        process(session, lock, payment=VISA)


def test_a_silent_gateway_leaves_the_checkout_in_doubt_and_the_cart_held(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()

    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_never_answers"))

    [operation] = read(session, PaymentOperation)
    assert (operation.status, operation.attempts, operation.payment_token) == ("unknown", 1, "tok_never_answers")
    assert (lock.state, lock.holds_cart) == ("authorizing", True)
    assert check_all(session) == []


def test_resume_without_any_payment_asks_for_one(session: Session, shop: Shop) -> None:
    shop.sell()

    with pytest.raises(InvalidInput) as refusal:
        resume(session, shop.checkout())

    assert refusal.value.context["field"] == "payment"


def test_resume_with_a_payment_buys(session: Session, shop: Shop) -> None:
    shop.sell()

    assert resume(session, shop.checkout(), payment=VISA).status == "paid"


@pytest.mark.parametrize("payment", [Payment("cash", "tok_visa"), Payment("card", "")])
def test_a_payment_that_cannot_be_used_changes_nothing(session: Session, shop: Shop, payment: Payment) -> None:
    shop.sell()
    lock = shop.checkout()

    with pytest.raises(InvalidInput):
        process(session, lock, payment=payment)

    assert read(session, CheckoutLock)[0].state == "pending"
