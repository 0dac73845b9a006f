"""Money that comes too late goes back, in whatever order things are told; a human is called until it is back."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from console.engine import CheckoutError, advance, cancel, process, release
from console.engine.care.invariants import check_all
from console.engine.driving.recovery import recover
from console.engine.machine import OperationStatus
from console.models import CheckoutLock, Order, StockLevel
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway, after, refuse, stay_silent
from tests.support.engine.facts import let_tries_come, statuses, tell
from tests.support.engine.purchases import decline, leave_in_doubt, pay, start_waiting, topics
from tests.support.engine.rows import read, read_one

SUCCEEDED, REFUSED = OperationStatus.SUCCEEDED, OperationStatus.REFUSED


def require_ended(session: Session, outcome: str) -> None:
    """Check that the checkout is over for good, its first end kept and told once, and nobody is called any more."""
    lock = read_one(session, CheckoutLock)
    assert (lock.state, lock.outcome, lock.needs_attention) == ("failed", outcome, None)
    terminal = [topic for topic in topics(session) if topic not in ("CheckoutStarted", "CheckoutNeedsAttention")]
    assert len(terminal) == 1
    assert read_one(session, StockLevel).reserved == 0
    assert check_all(session) == []


def test_an_authorization_that_shows_up_while_it_goes_back_is_voided_and_calls_nobody(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = leave_in_doubt(session, shop, bank, "authorize", silences=6)
    cancel(session, lock)
    assert (lock.state, statuses(session)) == ("rolling_back", {"authorize": "unknown"})

    tell(session, lock, "authorize", SUCCEEDED)
    recover(session)

    assert statuses(session) == {"authorize": "succeeded", "void": "succeeded"}
    assert "CheckoutNeedsAttention" not in topics(session)
    require_ended(session, "cancelled")


def test_a_capture_that_shows_up_before_its_void_is_refunded(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("capture", refuse("card_declined"))
    bank.script("void", *[stay_silent] * 3, refuse("already_captured"))
    lock = pay(session, shop)
    assert lock.state == "rolling_back"

    tell(session, lock, "capture", SUCCEEDED)
    let_tries_come(session)
    recover(session)

    assert statuses(session)["void"] == "refused"
    assert statuses(session)["refund"] == "succeeded"
    assert topics(session).count("CheckoutNeedsAttention") == 1
    require_ended(session, "declined")


def test_a_capture_that_shows_up_after_its_void_is_refunded(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = decline(session, shop, bank, "capture")
    assert statuses(session)["void"] == "succeeded"

    tell(session, lock, "capture", SUCCEEDED)
    now = read_one(session, CheckoutLock)
    assert (now.state, now.outcome, now.holds_cart) == ("rolling_back", "declined", False)
    recover(session)

    assert statuses(session)["refund"] == "succeeded"
    assert topics(session).count("CheckoutNeedsAttention") == 1
    require_ended(session, "declined")


def test_a_capture_that_shows_up_while_the_void_is_under_way_is_refunded(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", refuse("card_declined"))
    bank.script("void", after(lambda: tell(support, lock, "capture", SUCCEEDED)))

    with pytest.raises(CheckoutError):
        process(session, lock, payment=VISA)
    recover(session)

    assert statuses(session)["refund"] == "succeeded"
    require_ended(session, "declined")


def test_the_same_late_capture_told_twice_is_refunded_once(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    lock = decline(session, shop, bank, "capture")

    tell(session, lock, "capture", SUCCEEDED)
    tell(session, lock, "capture", SUCCEEDED)
    recover(session)
    tell(session, lock, "capture", SUCCEEDED)
    tell(session, lock, "capture", REFUSED)

    assert bank.calls.count("refund") == 1
    assert topics(session).count("CheckoutNeedsAttention") == 1
    require_ended(session, "declined")


def test_an_authorization_that_shows_up_after_its_refusal_is_voided_and_calls_a_human_meanwhile(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = decline(session, shop, bank, "authorize")

    tell(session, lock, "authorize", SUCCEEDED)

    now = read_one(session, CheckoutLock)
    assert (now.state, now.outcome) == ("rolling_back", "declined")
    assert "authorized the payment after the checkout had ended" in now.needs_attention
    recover(session)
    require_ended(session, "declined")


def test_a_refund_that_fails_twice_works_in_the_end(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    lock = decline(session, shop, bank, "capture")
    tell(session, lock, "capture", SUCCEEDED)
    bank.script("refund", *[stay_silent] * 4)

    for _ in range(3):
        let_tries_come(session)
        recover(session)

    assert statuses(session)["refund"] == "succeeded"
    assert topics(session).count("CheckoutNeedsAttention") == 1
    require_ended(session, "declined")


def test_a_refund_that_stays_silent_calls_for_a_second_cause(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = decline(session, shop, bank, "capture")
    tell(session, lock, "capture", SUCCEEDED)
    bank.script("refund", *[stay_silent] * 12)

    for _ in range(4):
        let_tries_come(session)
        recover(session)

    told = read_one(session, CheckoutLock).needs_attention
    assert "captured the payment after" in told
    assert "did not answer the refund in 3 tries" in told
    assert topics(session).count("CheckoutNeedsAttention") == 2


def test_a_void_that_is_answered_calls_off_only_whom_its_silence_had_called(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("capture", refuse("card_declined"))
    bank.script("void", *[stay_silent] * 7, refuse("not_permitted"))
    lock = pay(session, shop)
    for _ in range(2):
        advance(session, lock)
    assert "did not answer the void" in read_one(session, CheckoutLock).needs_attention

    advance(session, lock)

    assert lock.needs_attention == "The gateway refused the void: not permitted."


def test_a_void_of_what_a_human_captured_at_the_gateway_is_refunded(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    """There is no capture of ours: the checkout was released while the gateway still thought about it."""
    lock = leave_in_doubt(session, shop, bank, "authorize")
    bank.script("void", refuse("already_captured"))

    release(session, lock, actor="ada", reason="shopper gave up", version=None)

    books = {"authorize": "succeeded", "void": "refused", "capture": "succeeded", "refund": "succeeded"}
    assert statuses(session) == books
    assert topics(session).count("CheckoutNeedsAttention") == 1
    require_ended(session, "released")


def test_a_shopper_who_approves_after_the_void_changes_nothing(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = start_waiting(session, shop, bank)
    cancel(session, lock)

    tell(session, lock, "authorize", SUCCEEDED)

    require_ended(session, "cancelled")


def test_late_money_takes_no_cart_and_no_stock_again(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    lock = decline(session, shop, bank, "capture")
    again = shop.checkout()
    process(session, again, payment=VISA)

    tell(session, lock, "capture", SUCCEEDED)
    recover(session)

    assert sorted(order.status for order in read(session, Order)) == ["cancelled", "paid"]
    assert read_one(session, StockLevel).on_hand == 9
    assert check_all(session) == []


@pytest.mark.parametrize("order", [("authorize", "capture"), ("capture", "authorize")])
def test_both_may_show_up_late_in_either_order(
    session: Session, shop: Shop, bank: ScriptedGateway, order: tuple[str, str]
) -> None:
    lock = leave_in_doubt(session, shop, bank, "capture")
    tell(session, lock, "capture", REFUSED)
    recover(session)
    assert read_one(session, CheckoutLock).state == "failed"

    for kind in order:
        tell(session, lock, kind, SUCCEEDED)
    recover(session)

    assert statuses(session)["refund"] == "succeeded"
    require_ended(session, "declined")
