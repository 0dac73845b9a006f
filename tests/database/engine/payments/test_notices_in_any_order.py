"""What a gateway tells by itself comes twice, out of order, at once with its answer: facts only rise."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine import advance, process
from console.engine.care.invariants import check_all
from console.engine.errors import PaymentDeclined, PaymentPending
from console.engine.machine import OperationStatus
from console.engine.payments.notices import take_notice
from console.models import CheckoutLock, Order
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway, after, approve, refuse, wait_for_shopper
from tests.support.engine.facts import statuses
from tests.support.engine.notices import AUTHORIZE, CAPTURE, REFUSED, SUCCEEDED, WAITING, notice, waiting_for_shopper
from tests.support.engine.purchases import topics
from tests.support.engine.rows import read_one


def test_a_webhook_that_comes_twice_is_one_fact(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    lock = waiting_for_shopper(session, shop, bank)

    for _ in range(2):
        take_notice(session, notice(lock, AUTHORIZE))
        advance(session, lock)

    assert read_one(session, Order).status == "paid"
    assert topics(session).count("CheckoutCompleted") == 1
    assert bank.calls == ["authorize", "capture"]
    assert check_all(session) == []


@pytest.mark.parametrize("late", [REFUSED, WAITING])
def test_a_webhook_out_of_order_takes_nothing_back(
    session: Session, shop: Shop, bank: ScriptedGateway, late: OperationStatus
) -> None:
    lock = waiting_for_shopper(session, shop, bank)

    take_notice(session, notice(lock, AUTHORIZE))
    take_notice(session, notice(lock, AUTHORIZE, late))

    assert statuses(session) == {"authorize": "succeeded"}
    advance(session, lock)
    assert lock.state == "completed"


def test_a_webhook_before_the_synchronous_answer_is_kept(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    tell = notice(lock, AUTHORIZE)
    bank.script("authorize", after(lambda: take_notice(support, tell), wait_for_shopper))

    assert process(session, lock, payment=VISA).status == "paid"
    assert check_all(session) == []


def test_a_webhook_that_says_waiting_first_keeps_no_shopper_from_the_bank_s_page(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    told = notice(lock, AUTHORIZE, WAITING)
    bank.script("authorize", after(lambda: take_notice(support, told), wait_for_shopper))

    with pytest.raises(PaymentPending) as pending:
        process(session, lock, payment=VISA)

    assert pending.value.context["next_action"] == {"type": "redirect", "url": "https://bank.example/3ds"}


def test_a_webhook_after_the_synchronous_answer_changes_nothing(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)

    for kind in (CAPTURE, AUTHORIZE):
        take_notice(session, notice(lock, kind))

    assert statuses(session) == {"authorize": "succeeded", "capture": "succeeded"}
    assert read_one(session, CheckoutLock).state == "completed"
    assert topics(session) == ["CheckoutStarted", "CheckoutCompleted"]


@pytest.mark.parametrize("status", [SUCCEEDED, REFUSED])
def test_webhooks_and_the_synchronous_answer_at_once_have_one_end(
    session: Session, shop: Shop, bank: ScriptedGateway, database: Engine, status: OperationStatus
) -> None:
    shop.sell()
    lock = shop.checkout()
    told = notice(lock, CAPTURE, status, code=None if status is SUCCEEDED else "card_declined")
    barrier = Barrier(5)
    bank.script("capture", after(barrier.wait, approve if status is SUCCEEDED else refuse("card_declined")))

    def tell() -> None:
        with Session(database, expire_on_commit=False) as mine:
            barrier.wait()
            take_notice(mine, told)

    def pay() -> str:
        try:
            return process(session, lock, payment=VISA).status
        except PaymentDeclined as refusal:
            return refusal.code

    with ThreadPoolExecutor(5) as threads:
        payment = threads.submit(pay)
        for told_once in [threads.submit(tell) for _ in range(4)]:
            told_once.result()
        assert payment.result() == ("paid" if status is SUCCEEDED else "declined")

    assert len([topic for topic in topics(session) if topic in ("CheckoutCompleted", "CheckoutFailed")]) == 1
    assert read_one(session, CheckoutLock).lease_owner is None
    assert check_all(session) == []
