"""Facts about money: they only rise, late money goes back, wrong money is not taken."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine import Payment, advance, process, release, start
from console.engine.care.invariants import check_all
from console.engine.driving.recovery import recover
from console.engine.errors import Expired, PaymentDeclined, PaymentPending, Released
from console.engine.machine import OperationStatus
from console.models import Cart, CheckoutLock, OutboxEvent, StockLevel
from console.testing.factories import VISA, Shop, make_driverless, make_due
from console.testing.scripted import ScriptedGateway, after, answer, approve, refuse
from tests.support.engine.facts import statuses, tell
from tests.support.engine.purchases import decline, noting_refusal, only_lock, start_waiting
from tests.support.engine.rows import read, read_one


def test_a_release_during_the_authorization_wins_and_the_money_is_voided(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()

    def let_go() -> None:
        mine = only_lock(support)
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
    bank.script("authorize", after(lambda: make_due(support, only_lock(support))))

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
        mine = only_lock(support)
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
    lock = decline(session, shop, bank, "capture")

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
    lock = decline(session, shop, bank, "authorize")

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
        with noting_refusal(told):
            process(support, only_lock(support), payment=Payment("card", "tok_other"))

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
    lock = start_waiting(session, shop, bank)

    release(session, lock, actor="ada", reason="shopper gave up", version=None)

    assert statuses(session) == {"authorize": "refused", "void": "succeeded"}
    assert lock.state == "failed"
    assert check_all(session) == []
