"""Facts about money: they only rise, late money goes back, wrong money is not taken, silence is no answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from console.engine import CheckoutError, Payment, advance, process, release, resume, start
from console.engine.care.invariants import check_all
from console.engine.driving.recovery import recover
from console.engine.errors import Expired, InProgress, PaymentDeclined, PaymentPending, Released
from console.engine.machine import OperationKind, OperationStatus
from console.engine.store.database import load
from console.models import Cart, CheckoutLock, Order, OutboxEvent, PaymentOperation, StockLevel
from console.testing.factories import VISA, Shop, make_driverless, make_due
from console.testing.scripted import (
    ScriptedGateway,
    after,
    answer,
    approve,
    refuse,
    stay_silent,
    wait_for_shopper,
)
from tests.support.engine.facts import statuses, tell
from tests.support.engine.purchases import calls_for_humans
from tests.support.engine.rows import read, read_one


def test_a_release_during_the_authorization_wins_and_the_money_is_voided(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()

    def let_go() -> None:
        mine = load(support, select(CheckoutLock))
        release(support, mine, actor="ada", reason="shopper phoned", version=None)
        assert mine.state == "rolling_back"
        assert read_one(support, StockLevel).reserved == 0

    bank.script("authorize", after(let_go))

    with pytest.raises(Released):
        process(session, lock, payment=VISA)

    assert statuses(session) == {"authorize": "succeeded", "void": "succeeded"}
    assert (lock.state, lock.outcome) == ("failed", "released")
    assert check_all(session) == []


def test_a_lock_that_expires_during_the_authorization_is_undone(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("authorize", after(lambda: make_due(support, load(support, select(CheckoutLock)))))

    with pytest.raises(Expired):
        process(session, lock, payment=VISA)

    recover(session)
    assert statuses(session) == {"authorize": "succeeded", "void": "succeeded"}
    assert read_one(session, CheckoutLock).state == "failed"
    assert check_all(session) == []


def test_a_driver_that_lost_its_lease_records_its_fact_and_decides_nothing(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()

    def other_driver_takes_over() -> None:
        mine = load(support, select(CheckoutLock))
        make_driverless(support, mine)
        assert advance(support, mine).state == "completed"

    bank.script("capture", after(other_driver_takes_over))

    order = process(session, lock, payment=VISA)

    assert order.status == "paid"
    assert [event.topic for event in read(session, OutboxEvent)] == ["CheckoutStarted", "CheckoutCompleted"]
    assert check_all(session) == []


def test_already_captured_is_a_success(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    bank.script("capture", refuse("already_captured"))

    assert process(session, shop.checkout(), payment=VISA).status == "paid"
    assert bank.calls == ["authorize", "capture"]


def test_silence_is_asked_about_once_and_resent_twice(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    bank.script("capture", stay_silent, stay_silent, stay_silent)

    with pytest.raises(PaymentPending):
        process(session, shop.checkout(), payment=VISA)

    assert bank.calls == ["authorize", "capture", "find capture", "capture", "capture"]
    assert statuses(session) == {"authorize": "succeeded", "capture": "unknown"}
    assert read_one(session, Order).status == "pending"


def test_a_capture_in_doubt_keeps_stock_and_cart_whatever_the_clock_says(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell(stock=1)
    lock = shop.checkout()
    bank.script("capture", *[stay_silent] * 3)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)
    make_due(session, lock)

    with pytest.raises(CheckoutError):
        start(session, session.get_one(Cart, lock.cart_id), session_id="laptop")

    assert read_one(session, CheckoutLock).state == "capturing"
    assert resume(session, lock).status == "paid"
    assert check_all(session) == []


def test_three_silent_tries_call_for_a_human_and_an_answer_calls_them_off(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", *[stay_silent] * 7)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)
    for _ in range(2):
        advance(session, lock)

    assert "did not answer the capture" in read_one(session, CheckoutLock).needs_attention
    assert calls_for_humans(session) == 1

    advance(session, lock)

    assert (lock.state, lock.needs_attention) == ("completed", None)


def test_a_waiting_authorization_hands_out_what_the_shopper_must_do_and_lets_the_lease_go(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    deadline = lock.expires_at
    bank.script("authorize", wait_for_shopper)

    with pytest.raises(PaymentPending) as pending:
        process(session, lock, payment=VISA)

    assert pending.value.context["next_action"]["url"] == "https://bank.example/3ds"
    assert (lock.state, lock.lease_owner) == ("authorizing", None)
    assert lock.expires_at < deadline


def test_a_waiting_authorization_goes_on_when_the_fact_comes(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("authorize", wait_for_shopper)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)

    tell(session, lock, "authorize", OperationStatus.SUCCEEDED)

    assert recover(session) == 1
    assert read_one(session, Order).status == "paid"
    assert check_all(session) == []


def test_a_webhook_and_the_synchronous_answer_may_come_in_either_order(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", after(lambda: tell(support, lock, "capture", OperationStatus.SUCCEEDED)))

    assert process(session, lock, payment=VISA).status == "paid"

    tell(session, lock, "capture", OperationStatus.SUCCEEDED)
    tell(session, lock, "capture", OperationStatus.REFUSED)
    assert statuses(session)["capture"] == "succeeded"
    assert check_all(session) == []


def test_a_capture_that_succeeds_after_its_refusal_is_refunded(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", refuse("card_declined"))
    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=VISA)

    tell(session, lock, "capture", OperationStatus.SUCCEEDED)

    assert read_one(session, CheckoutLock).state == "rolling_back"
    assert "captured the payment after" in read_one(session, CheckoutLock).needs_attention
    assert recover(session) == 1
    after_all = read_one(session, CheckoutLock)
    assert (after_all.state, after_all.outcome, after_all.needs_attention) == ("failed", "declined", None)
    assert statuses(session)["refund"] == "succeeded"
    assert [event.topic for event in read(session, OutboxEvent)].count("CheckoutFailed") == 1
    assert check_all(session) == []


def test_an_authorization_that_succeeds_after_the_end_is_voided(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("authorize", refuse("card_declined"))
    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=VISA)

    tell(session, lock, "authorize", OperationStatus.SUCCEEDED)
    recover(session)

    assert statuses(session) == {"authorize": "succeeded", "void": "succeeded"}
    assert read_one(session, CheckoutLock).state == "failed"
    assert check_all(session) == []


def test_a_success_that_passes_a_refusal_is_never_rolled_back(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    """The refusal is answered, the webhook says that it was captured: whoever is first, the money has its order."""
    shop.sell()
    lock = shop.checkout()
    captured = after(lambda: tell(support, lock, "capture", OperationStatus.SUCCEEDED), refuse("try_again"))
    bank.script("capture", captured)

    assert process(session, lock, payment=VISA).status == "paid"
    assert check_all(session) == []


def test_a_void_that_finds_the_money_captured_refunds_it(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    bank.script("capture", refuse("card_declined"))
    bank.script("void", refuse("already_captured"))

    with pytest.raises(PaymentDeclined):
        process(session, shop.checkout(), payment=VISA)

    assert statuses(session) == {
        "authorize": "succeeded",
        "capture": "succeeded",
        "void": "refused",
        "refund": "succeeded",
    }
    assert read_one(session, CheckoutLock).state == "failed"
    assert check_all(session) == []


def test_a_void_refused_for_another_reason_waits_for_a_human(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell(stock=1)
    lock = shop.checkout()
    bank.script("capture", refuse("card_declined"))
    bank.script("void", refuse("not_permitted"))

    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=VISA)

    assert (lock.state, lock.needs_attention) == ("rolling_back", "The gateway refused the void: not permitted.")
    assert read_one(session, StockLevel).reserved == 0
    assert recover(session) == 0
    again = start(session, session.get_one(Cart, lock.cart_id), session_id="phone")
    assert process(session, again, payment=VISA).status == "paid"


def test_a_silent_void_is_tried_again_while_the_cart_is_bought_anew(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", refuse("card_declined"))
    bank.script("void", *[stay_silent] * 3)
    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=VISA)
    assert lock.state == "rolling_back"

    advance(session, lock)

    assert lock.state == "failed"
    assert check_all(session) == []


@pytest.mark.parametrize("go_on", [advance, resume])
def test_a_due_checkout_is_expired_and_its_silent_gateway_tried_once(
    session: Session, shop: Shop, bank: ScriptedGateway, go_on: Callable[..., Any]
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("authorize", wait_for_shopper)
    bank.script("void", *[stay_silent] * 4)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)
    make_due(session, lock)

    with suppress(Expired):
        go_on(session, lock)

    void = read_one(session, PaymentOperation, kind="void")
    assert (void.status, void.attempts, bank.calls.count("void")) == ("unknown", 1, 2)


@pytest.mark.parametrize("wrong", [{"amount_minor": 1}, {"currency": "USD"}])
def test_a_wrong_amount_or_currency_is_stored_but_not_taken(
    session: Session, shop: Shop, bank: ScriptedGateway, wrong: dict[str, Any]
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", lambda request: answer(request, OperationStatus.SUCCEEDED, **wrong))

    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)

    assert statuses(session)["capture"] == "pending"
    assert lock.lease_owner is None
    assert "speaks of" in read_one(session, CheckoutLock).needs_attention
    assert recover(session) == 0


def test_a_second_request_is_told_that_the_first_is_at_it(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    told: list[str] = []

    def second_request() -> None:
        try:
            process(support, load(support, select(CheckoutLock)), payment=Payment("card", "tok_other"))
        except InProgress as refusal:
            told.append(refusal.code)

    bank.script("authorize", after(second_request))

    assert process(session, lock, payment=VISA).status == "paid"
    assert told == ["in_progress"]
    assert bank.calls == ["authorize", "capture"]


def test_no_transaction_is_open_during_a_gateway_call(
    session: Session, shop: Shop, bank: ScriptedGateway, database: Engine
) -> None:
    shop.sell()
    lock = shop.checkout()
    open_connections: list[int] = []
    look = after(lambda: open_connections.append(database.pool.checkedout()), approve)  # type: ignore[attr-defined]
    bank.script("authorize", look)
    bank.script("capture", look)

    process(session, lock, payment=VISA)

    assert open_connections == [0, 0]


def test_the_void_of_a_waiting_authorization_refuses_it(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("authorize", wait_for_shopper)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)

    release(session, lock, actor="ada", reason="shopper gave up", version=None)

    assert statuses(session) == {"authorize": "refused", "void": "succeeded"}
    assert lock.state == "failed"
    assert check_all(session) == []


def test_each_operation_has_one_key_for_life(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    keys: list[str] = []

    def note(request: Any) -> Any:
        keys.append(request.idempotency_key)
        return stay_silent(request)

    bank.script("authorize", note, note, note)
    lock = shop.checkout()
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)

    assert len(set(keys)) == 1
    assert read_one(session, PaymentOperation).idempotency_key == keys[0]
    assert OperationKind.AUTHORIZE in keys[0]
