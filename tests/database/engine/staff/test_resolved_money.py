"""A word about money that was refused, is of another amount or comes late: what it ends, and what it sets going."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from console.engine import cancel, process, release
from console.engine.care.invariants import check_all
from console.engine.driving.recovery import recover
from console.engine.errors import Contradicted, NotAllowed
from console.engine.machine import OperationStatus
from console.models import CheckoutLock, Order, PaymentOperation, StockLevel
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway, answer, lose_answer, refuse, stay_silent, wait_for_shopper
from tests.support.engine.facts import let_tries_come, statuses, tell
from tests.support.engine.purchases import calls_for_humans, decline, pay, topics
from tests.support.engine.resolving import SILENT, in_doubt, say
from tests.support.engine.rows import read_one


@pytest.mark.parametrize("kind", ["void", "refund"])
def test_money_that_was_not_given_back_keeps_the_human_called(
    session: Session, shop: Shop, bank: ScriptedGateway, kind: str
) -> None:
    in_doubt(session, shop, bank, kind)

    lock = say(session, kind, happened=False)

    assert lock.state == "rolling_back"
    assert f"The {kind} did not happen, says ada" in (lock.needs_attention or "")
    assert recover(session) == 0
    assert say(session, kind, happened=True, reason="paid back by bank transfer").state == "failed"
    assert read_one(session, CheckoutLock).needs_attention is None
    assert check_all(session) == []


def test_a_refused_void_ends_by_the_word_that_the_money_is_back(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("capture", refuse("card_declined"))
    bank.script("void", refuse("not_permitted"))
    lock = pay(session, shop)
    assert lock.needs_attention

    with pytest.raises(NotAllowed, match="known already"):
        say(session, "void", happened=False)
    lock = say(session, "void", happened=True, reason="voided by the bank on the phone")

    assert (lock.state, lock.outcome, lock.needs_attention) == ("failed", "declined", None)
    assert read_one(session, PaymentOperation, kind="void").resolved_by == "ada"
    assert (topics(session).count("CheckoutFailed"), calls_for_humans(session)) == (1, 1)
    assert check_all(session) == []


def test_a_refused_refund_ends_by_the_word_that_the_money_is_back(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("capture", refuse("card_declined"))
    bank.script("refund", refuse("account_closed"))
    lock = pay(session, shop)
    tell(session, lock, "capture", OperationStatus.SUCCEEDED)
    recover(session)
    assert statuses(session)["refund"] == "refused"

    lock = say(session, "refund", happened=True, reason="bank transfer")

    assert (lock.state, lock.needs_attention) == ("failed", None)
    assert check_all(session) == []


@pytest.mark.parametrize("happened", [True, False])
def test_an_amount_that_mismatches_is_ended_by_either_word(
    session: Session, shop: Shop, bank: ScriptedGateway, *, happened: bool
) -> None:
    bank.script("capture", lambda request: answer(request, OperationStatus.SUCCEEDED, amount_minor=900))
    lock = pay(session, shop)
    assert "speaks of 900 GBP" in read_one(session, CheckoutLock).needs_attention

    lock = say(session, "capture", happened=happened)

    assert (lock.state, lock.needs_attention) == ("completed" if happened else "failed", None)
    assert read_one(session, PaymentOperation, kind="capture").answer["mismatch"]["amount"] == 900
    assert check_all(session) == []


def test_a_mismatch_told_after_the_end_is_cleared_by_a_word_and_calls_nobody_again(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)
    tell(session, lock, "capture", OperationStatus.SUCCEEDED, amount=900)
    assert read_one(session, CheckoutLock).needs_attention is not None

    with pytest.raises(Contradicted, match="facts only rise"):
        say(session, "capture", happened=False)
    lock = say(session, "capture", happened=True, reason="the dashboard shows 10.00")
    tell(session, lock, "capture", OperationStatus.SUCCEEDED, amount=900)

    assert (read_one(session, CheckoutLock).needs_attention, read_one(session, Order).status) == (None, "paid")
    assert calls_for_humans(session) == 1
    assert check_all(session) == []


@pytest.mark.parametrize("happened", [True, False])
def test_a_mismatching_capture_after_a_refusal_is_refunded_or_dismissed(
    session: Session, shop: Shop, bank: ScriptedGateway, *, happened: bool
) -> None:
    lock = decline(session, shop, bank, "capture")
    tell(session, lock, "capture", OperationStatus.SUCCEEDED, amount=900)
    bank.script("find", lambda request: answer(request, OperationStatus.SUCCEEDED, amount_minor=900))

    lock = say(session, "capture", happened=happened)

    assert (lock.state, lock.needs_attention) == ("failed", None)
    assert ("refund" in statuses(session)) == happened
    assert check_all(session) == []


def test_a_capture_that_shows_up_after_the_word_no_is_refunded(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = in_doubt(session, shop, bank, "capture")
    say(session, "capture", happened=False)
    assert read_one(session, StockLevel).reserved == 0

    tell(session, lock, "capture", OperationStatus.SUCCEEDED)
    recover(session)

    assert statuses(session)["refund"] == "succeeded"
    assert read_one(session, CheckoutLock).outcome == "declined"
    assert check_all(session) == []


def test_the_word_no_about_an_authorization_that_goes_back_ends_it(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = in_doubt(session, shop, bank, "authorize")
    bank.script("authorize", *SILENT)
    release(session, lock, actor="ada", reason="shopper gave up", version=None)
    assert lock.state == "rolling_back"

    lock = say(session, "authorize", happened=False)

    assert (lock.state, lock.outcome) == ("failed", "released")
    assert check_all(session) == []


def test_a_word_about_a_capture_whose_answer_was_lost_finds_that_it_was_done(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("capture", lose_answer)
    bank.script("find", stay_silent)
    bank.script("capture", *SILENT[:2])
    pay(session, shop)
    let_tries_come(session)

    with pytest.raises(Contradicted):
        say(session, "capture", happened=False)

    assert read_one(session, Order).status == "paid"


def test_a_cancelled_checkout_whose_void_waits_is_ended_by_a_word(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("authorize", wait_for_shopper)
    bank.script("void", wait_for_shopper)
    lock = pay(session, shop)
    cancel(session, lock)
    assert statuses(session) == {"authorize": "waiting", "void": "waiting"}

    lock = say(session, "void", happened=True)

    assert (lock.state, statuses(session)) == ("failed", {"authorize": "refused", "void": "succeeded"})
    assert check_all(session) == []
