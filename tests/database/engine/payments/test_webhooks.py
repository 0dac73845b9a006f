"""What a gateway tells by itself long after the end, or of what nobody asked for: it is written down, and goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from console.engine import advance, cancel, process, resolve
from console.engine.care.invariants import check_all
from console.engine.errors import PaymentDeclined
from console.engine.machine import OperationStatus
from console.engine.payments.notices import take_notice
from console.models import CheckoutLock, Order, PaymentOperation
from console.testing.clock import FrozenClock
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway, after, refuse, stay_silent
from tests.support.engine.facts import statuses
from tests.support.engine.notices import AUTHORIZE, CAPTURE, REFUND, REFUSED, WAITING, notice, waiting_for_shopper
from tests.support.engine.purchases import topics
from tests.support.engine.rows import read_one


def test_a_capture_told_long_after_the_end_is_refunded(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", refuse("card_declined"))
    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=VISA)

    in_a_month = datetime.now(UTC) + timedelta(days=30)
    with FrozenClock(in_a_month):
        told = take_notice(session, notice(lock, CAPTURE, signed_at=in_a_month))
        assert told.state == "rolling_back"
        assert "being given back" in told.needs_attention
        advance(session, lock)

    assert (lock.state, lock.outcome, lock.needs_attention) == ("failed", "declined", None)
    assert statuses(session)["refund"] == "succeeded"
    assert topics(session).count("CheckoutFailed") == 1
    assert check_all(session) == []


def test_an_approval_after_the_shopper_gave_up_is_voided(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    lock = waiting_for_shopper(session, shop, bank)
    bank.script("void", stay_silent, stay_silent)
    cancel(session, lock)

    take_notice(session, notice(lock, AUTHORIZE))
    advance(session, lock)

    assert statuses(session) == {"authorize": "succeeded", "void": "succeeded"}
    assert (lock.state, lock.outcome) == ("failed", "cancelled")
    assert check_all(session) == []


def test_an_unasked_capture_of_a_checkout_that_went_back_is_written_down_and_refunded(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = waiting_for_shopper(session, shop, bank)
    cancel(session, lock)

    take_notice(session, notice(lock, CAPTURE))
    assert read_one(session, CheckoutLock).needs_attention
    advance(session, lock)

    assert statuses(session)["capture"] == statuses(session)["refund"] == "succeeded"
    assert lock.state == "failed"
    assert check_all(session) == []


def test_an_unasked_capture_of_a_checkout_on_its_way_is_found_by_its_own_capture(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = waiting_for_shopper(session, shop, bank)

    told = take_notice(session, notice(lock, CAPTURE))
    assert "that we did not ask for" in told.needs_attention
    bank.script("capture", refuse("already_captured"))
    take_notice(session, notice(lock, AUTHORIZE))
    advance(session, lock)

    assert (lock.state, lock.needs_attention) == ("completed", None)
    assert check_all(session) == []


def test_an_unasked_capture_of_a_checkout_that_goes_back_later_is_found_by_its_void(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = waiting_for_shopper(session, shop, bank)
    take_notice(session, notice(lock, CAPTURE))
    bank.script("void", refuse("already_captured"))

    cancel(session, lock)
    take_notice(session, notice(lock, AUTHORIZE))
    advance(session, lock)

    assert statuses(session) == {
        "authorize": "succeeded",
        "void": "refused",
        "capture": "succeeded",
        "refund": "succeeded",
    }
    assert lock.state == "failed"
    assert check_all(session) == []


def test_an_unasked_capture_that_never_was_is_ended_by_a_word_about_the_authorization(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = waiting_for_shopper(session, shop, bank)
    take_notice(session, notice(lock, CAPTURE))
    cancel(session, lock)
    assert (lock.state, statuses(session)) == ("failed", {"authorize": "refused", "void": "succeeded"})
    assert "a capture of 1000 GBP" in (read_one(session, CheckoutLock).needs_attention or "")

    operation = read_one(session, PaymentOperation, kind="authorize")
    resolve(session, operation, happened=False, actor="ada", reason="the dashboard shows none")

    assert read_one(session, CheckoutLock).needs_attention is None


def test_an_unasked_refund_of_a_sale_is_written_down_and_calls_for_a_human(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)

    for _ in range(2):
        told = take_notice(session, notice(lock, REFUND))

    assert told.needs_attention == ("The gateway tells of a refund of 1000 GBP (minor units) that we did not ask for.")
    assert statuses(session)["refund"] == "succeeded"
    assert read_one(session, Order).status == "paid"
    assert topics(session).count("CheckoutNeedsAttention") == 1
    assert check_all(session) == []


def test_an_unasked_refund_during_the_capture_calls_for_a_human_though_the_sale_is_made(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    told = notice(lock, REFUND)
    bank.script("capture", after(lambda: take_notice(support, told)))

    assert process(session, lock, payment=VISA).status == "paid"

    assert "tells of a refund of 1000 GBP" in (lock.needs_attention or "")
    assert check_all(session) == []


@pytest.mark.parametrize("status", [REFUSED, WAITING])
def test_what_was_neither_asked_for_nor_done_is_nothing(
    session: Session, shop: Shop, bank: ScriptedGateway, status: OperationStatus
) -> None:
    lock = waiting_for_shopper(session, shop, bank)

    told = take_notice(session, notice(lock, CAPTURE, status))

    assert told.needs_attention is None
    assert statuses(session) == {"authorize": "waiting"}
