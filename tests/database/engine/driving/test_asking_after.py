"""Payments that wait or are in doubt are asked after: at growing distances, past the life of their keys too, and never sent again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine import extend, resume
from console.engine.care.invariants import check_all
from console.engine.driving.recovery import recover
from console.engine.errors import PaymentPending
from console.models import CheckoutLock, Order, PaymentOperation, StockReservation
from console.testing.factories import Shop
from console.testing.scripted import ScriptedGateway, approve, stay_silent, wait_for_shopper
from tests.support.engine.facts import grow_old, let_tries_come, processing, statuses
from tests.support.engine.purchases import calls_for_humans, leave_in_doubt, pay, start_waiting
from tests.support.engine.rows import read_one

HOUR = 3600


@pytest.mark.parametrize("kind", ["authorize", "capture"])
def test_a_waiting_payment_whose_webhook_was_lost_is_asked_about_and_never_sent_again(
    session: Session, shop: Shop, bank: ScriptedGateway, kind: str
) -> None:
    bank.script(kind, wait_for_shopper if kind == "authorize" else processing)
    pay(session, shop)
    assert recover(session) == 0
    let_tries_come(session)
    bank.calls.clear()
    bank.script("find", approve)

    assert recover(session) == 1

    assert bank.calls[0] == f"find {kind}"
    assert kind not in bank.calls
    assert read_one(session, Order).status == "paid"
    assert check_all(session) == []


def test_a_waiting_payment_is_asked_after_as_long_again_as_it_took_so_far(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("capture", processing)
    pay(session, shop)
    waits = []
    for age in (0, 100, 2 * HOUR):
        grow_old(session, "capture", age)
        let_tries_come(session)
        recover(session)
        operation, lock = read_one(session, PaymentOperation, kind="capture"), read_one(session, CheckoutLock)
        waits.append((operation.next_attempt_at - lock.changed_at) / timedelta(seconds=1))
        assert (operation.status, operation.attempts) == ("waiting", 0)

    first, second, last = waits
    assert 3 <= first <= 7
    assert 70 <= second <= 130
    assert 0.7 * HOUR <= last <= 1.3 * HOUR


def test_a_lost_poll_leaves_a_payment_waiting_and_three_call_for_a_human(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("capture", processing)
    pay(session, shop)
    for _ in range(3):
        let_tries_come(session)
        bank.script("find", stay_silent)
        recover(session)

    assert statuses(session)["capture"] == "waiting"
    assert "did not answer the capture in 3 tries" in read_one(session, CheckoutLock).needs_attention
    assert bank.calls.count("capture") == 1


def test_a_shopper_who_comes_back_before_the_webhook_is_not_kept_waiting(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = start_waiting(session, shop, bank)
    with pytest.raises(PaymentPending) as pending:
        resume(session, lock)
    assert pending.value.context["next_action"]["type"] == "redirect"
    bank.script("find", approve)

    assert resume(session, lock).status == "paid"


def test_a_capture_that_waits_past_its_time_out_calls_for_a_human_and_keeps_its_stock(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("capture", processing)
    pay(session, shop)
    grow_old(session, "capture", HOUR - 60)
    assert (recover(session), read_one(session, CheckoutLock).needs_attention) == (0, None)
    grow_old(session, "capture", HOUR + 1)

    recover(session)
    recover(session)

    lock = read_one(session, CheckoutLock)
    assert lock.state == "capturing"
    assert "still working on the capture, past its time-out" in lock.needs_attention
    assert (read_one(session, Order).status, read_one(session, StockReservation).status) == ("pending", "pinned")
    assert calls_for_humans(session) == 1
    assert check_all(session) == []


def test_an_authorization_in_doubt_past_its_time_out_calls_for_a_human(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    leave_in_doubt(session, shop, bank, "authorize")
    grow_old(session, "authorize", 301)

    recover(session)

    assert "no answer past its time-out" in read_one(session, CheckoutLock).needs_attention


def test_an_authorization_that_waits_for_its_shopper_has_one_deadline_which_extend_moves(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = start_waiting(session, shop, bank)
    extend(session, lock, actor="ada", ttl_minutes=30, version=None)
    grow_old(session, "authorize", 1000)

    recover(session)

    assert (read_one(session, CheckoutLock).state, read_one(session, CheckoutLock).needs_attention) == (
        "authorizing",
        None,
    )


def test_past_the_life_of_its_key_an_operation_is_asked_about_only(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    leave_in_doubt(session, shop, bank, "capture")
    grow_old(session, "capture", 23 * HOUR + 1)
    let_tries_come(session)
    bank.calls.clear()

    recover(session)

    assert bank.calls == ["find capture"]
    assert statuses(session)["capture"] == "unknown"


def test_the_last_tries_are_an_hour_apart(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    leave_in_doubt(session, shop, bank, "capture", silences=5)
    session.execute(update(PaymentOperation).where(PaymentOperation.kind == "capture").values(attempts=9))
    session.commit()
    let_tries_come(session)

    recover(session)

    wait = (
        read_one(session, PaymentOperation, kind="capture").next_attempt_at - read_one(session, CheckoutLock).changed_at
    )
    assert 0.7 * HOUR <= wait.total_seconds() <= 1.3 * HOUR
