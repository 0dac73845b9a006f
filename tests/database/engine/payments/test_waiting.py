"""Payments that wait, for their shopper or for the bank itself, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from console.engine import Payment, advance, cancel, process, resume
from console.engine.care.invariants import check_all
from console.engine.care.ledger_comparison import find_differences
from console.engine.errors import PaymentDeclined, PaymentPending
from console.engine.payments.notices import take_notice
from console.gateways.sandbox import SandboxGateway
from console.models import CheckoutLock, Order
from console.testing.clock import FrozenClock
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway, after, approve, refuse, stay_silent, wait_for_shopper
from tests.support.engine.facts import processing, statuses
from tests.support.engine.notices import CAPTURE, REFUSED, notice, waiting_for_shopper
from tests.support.engine.rows import read_one
from tests.support.sandboxes import let_delayed_come_due


def test_a_waiting_authorization_shortens_the_deadline_and_never_lengthens_it(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = waiting_for_shopper(session, shop, bank)
    lasts = lock.expires_at - lock.changed_at
    assert timedelta(seconds=295) < lasts <= timedelta(seconds=300)
    assert lock.lease_owner is None

    other = shop.checkout()
    bank.script("authorize", wait_for_shopper)
    with FrozenClock(other.expires_at - timedelta(seconds=30)), pytest.raises(PaymentPending):
        process(session, other, payment=VISA)
    assert read_one(session, CheckoutLock, id=other.id).expires_at == other.expires_at


def test_a_waiting_capture_keeps_order_and_stock_and_ends_when_told(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", processing)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)
    assert (lock.state, lock.lease_owner, read_one(session, Order).status) == ("capturing", None, "pending")

    take_notice(session, notice(lock, CAPTURE))
    advance(session, lock)

    assert read_one(session, Order).status == "paid"
    assert check_all(session) == []


def test_a_waiting_capture_that_is_refused_in_the_end_gives_everything_back(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", processing)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)

    take_notice(session, notice(lock, CAPTURE, REFUSED, code="card_declined"))
    advance(session, lock)

    assert (lock.state, lock.outcome, read_one(session, Order).status) == ("failed", "declined", "cancelled")
    assert check_all(session) == []


def test_an_authorization_that_expired_before_its_capture_declines_the_payment(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", refuse("authorization_expired"))
    bank.script("void", refuse("authorization_expired"))

    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=VISA)

    assert statuses(session) == {"authorize": "succeeded", "capture": "refused", "void": "succeeded"}
    assert (lock.state, lock.needs_attention) == ("failed", None)
    assert check_all(session) == []


def test_going_on_asks_after_a_payment_that_waits(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    """The shopper may be back before the webhook."""
    lock = waiting_for_shopper(session, shop, bank)
    with pytest.raises(PaymentPending) as pending:
        resume(session, lock)
    assert pending.value.context["next_action"]["url"] == "https://bank.example/3ds"
    bank.script("find", approve)

    assert resume(session, lock).status == "paid"
    assert [call for call in bank.calls if call != "find authorize"] == ["authorize", "capture"]


@pytest.mark.parametrize("line", [stay_silent, after(lambda: 1 / 0)])
def test_silence_about_a_payment_that_waits_leaves_it_waiting(
    session: Session, shop: Shop, bank: ScriptedGateway, line: Callable[..., Any]
) -> None:
    lock = waiting_for_shopper(session, shop, bank)
    bank.script("find", line)

    with pytest.raises(PaymentPending):
        resume(session, lock)

    assert statuses(session) == {"authorize": "waiting"}


def test_a_waiting_payment_that_is_cancelled_leaves_no_difference_to_the_gateway_s_ledger(
    session: Session, shop: Shop, gateway: SandboxGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=Payment("card", "tok_3ds"))

    cancel(session, lock)

    assert (lock.state, lock.outcome) == ("failed", "cancelled")
    assert statuses(session) == {"authorize": "refused", "void": "succeeded"}
    assert find_differences(session) == []
    assert check_all(session) == []


@pytest.mark.parametrize("token", ["tok_late_capture", "tok_refund_fails_twice", "tok_lost_refund"])
def test_late_money_at_the_sandbox_is_all_given_back(
    session: Session, shop: Shop, gateway: SandboxGateway, tmp_path: Any, token: str
) -> None:
    shop.sell()
    lock = shop.checkout()
    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=Payment("card", token))
    let_delayed_come_due(f"sqlite:///{tmp_path}/sandbox.sqlite3")
    [entry] = gateway.ledger()
    assert (entry.captured, entry.refunded) == (1000, 0)

    take_notice(session, notice(lock, CAPTURE))
    for _ in range(2):  # the first round of tries may be in vain
        advance(session, lock)

    [entry] = gateway.ledger()
    assert (entry.captured, entry.refunded) == (1000, 1000)
    assert (lock.state, lock.needs_attention) == ("failed", None)
    assert find_differences(session) == []
    assert check_all(session) == []
