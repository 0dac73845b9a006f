"""Defects, of our own code and of adapters: nothing is forgotten, the checkout goes back or says that it cannot."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine import CheckoutError, advance, cancel, process, release
from console.engine.care.invariants import check_all
from console.engine.driving import legs as legs_of_the_engine
from console.engine.driving import recovery
from console.engine.driving.expiry import expire_due
from console.engine.driving.recovery import recover
from console.engine.errors import InvalidCart, PaymentDeclined, PaymentPending
from console.engine.machine import OperationStatus
from console.engine.phases import inventory_reservation, order_creation, stock_commit
from console.models import CheckoutLock, Coupon, ExchangeRate, PaymentOperation
from console.testing.factories import VISA, Shop, make_due
from console.testing.scripted import ScriptedGateway, answer, refuse, stay_silent
from tests.support.engine.facts import let_tries_come, statuses, tell
from tests.support.engine.purchases import break_down, start_waiting
from tests.support.engine.rows import read, read_one


@pytest.mark.parametrize("kind", ["authorize", "capture", "void"])
def test_an_adapter_that_breaks_is_as_silent_as_one_that_hangs(
    session: Session, shop: Shop, bank: ScriptedGateway, kind: str
) -> None:
    shop.sell()
    lock = shop.checkout()
    if kind == "void":
        bank.script("capture", refuse("card_declined"))
    bank.script(kind, *[break_down] * 20)

    with pytest.raises(CheckoutError):
        process(session, lock, payment=VISA)
    for _ in range(3):
        let_tries_come(session)
        recover(session)

    assert "did not answer" in read_one(session, CheckoutLock).needs_attention


def test_whatever_form_an_answer_has_it_is_recorded(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    facts = {"code": "x" * 80, "message": "no\x00", "raw": {"fee": Decimal("1.20"), "note": "\x00"}}
    bank.script("capture", lambda request: answer(request, OperationStatus.REFUSED, **facts))

    with pytest.raises(PaymentDeclined):
        process(session, shop.checkout(), payment=VISA)

    assert read_one(session, PaymentOperation, kind="capture").code == "x" * 64


def test_an_order_that_cannot_be_created_undoes_the_checkout(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    lock = shop.checkout()
    monkeypatch.setattr(order_creation, "create_order", break_down)

    with pytest.raises(CheckoutError):
        process(session, lock, payment=VISA)

    assert (lock.state, lock.outcome) == ("failed", "error")
    assert statuses(session) == {"authorize": "succeeded", "void": "succeeded"}
    assert check_all(session) == []


def test_a_rollback_that_is_broken_too_calls_for_a_human(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    lock = shop.checkout()
    monkeypatch.setattr(order_creation, "create_order", break_down)
    monkeypatch.setattr(legs_of_the_engine, "go_back", break_down)

    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)

    assert "enter_capture fails" in read_one(session, CheckoutLock).needs_attention


def test_going_back_calls_off_whom_a_broken_leg_had_called(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    lock = shop.checkout()
    with monkeypatch.context() as broken:
        broken.setattr(order_creation, "create_order", break_down)
        broken.setattr(legs_of_the_engine, "go_back", break_down)
        with pytest.raises(PaymentPending):
            process(session, lock, payment=VISA)
    assert lock.needs_attention is not None
    bank.script("void", *[stay_silent] * 3)

    release(session, lock, actor="ada", reason="cannot be sold", version=None)

    assert (lock.state, lock.needs_attention) == ("rolling_back", None)
    tell(session, lock, "void", OperationStatus.SUCCEEDED)
    assert recover(session) == 1
    assert check_all(session) == []


def test_a_sale_that_cannot_be_committed_waits_for_a_human_and_is_retried(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    lock = shop.checkout()
    with monkeypatch.context() as broken:
        broken.setattr(stock_commit, "sell_reservations", break_down)
        with pytest.raises(PaymentPending):
            process(session, lock, payment=VISA)
    assert (lock.state, statuses(session)["capture"]) == ("capturing", "succeeded")
    assert "commit_stock fails" in lock.needs_attention
    assert recover(session) == 0

    advance(session, lock)

    assert (lock.state, lock.needs_attention) == ("completed", None)
    assert check_all(session) == []


def test_one_checkout_that_fails_keeps_no_other_from_recovery(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    broken, whole = shop.checkout(), shop.checkout()
    for lock in (broken, whole):
        bank.script("capture", *[stay_silent] * 3)
        with pytest.raises(PaymentPending):
            process(session, lock, payment=VISA)
    let_tries_come(session)
    drive_on = recovery.drive_on
    monkeypatch.setattr(
        recovery,
        "drive_on",
        lambda at, lock, **how: break_down() if lock.id == broken.id else drive_on(at, lock, **how),
    )

    assert recover(session) == 1

    assert [lock.state for lock in read(session, CheckoutLock)] == ["capturing", "completed"]


def test_one_checkout_that_fails_keeps_no_other_from_expiry(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    locks = [start_waiting(session, shop, bank) for _ in range(2)]
    make_due(session, locks[0], by_seconds=60)
    make_due(session, locks[1])
    give_back = inventory_reservation.release_reservations
    monkeypatch.setattr(
        inventory_reservation,
        "release_reservations",
        lambda *given: break_down() if given[1] == locks[0].id else give_back(*given),
    )

    assert expire_due(session) == 1


def test_a_cancel_is_answered_though_its_void_is_broken(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    lock = start_waiting(session, shop, bank)
    bank.script("void", *[break_down] * 3)

    assert cancel(session, lock).outcome == "cancelled"


@pytest.mark.parametrize("taken", ["coupon", "rate"])
def test_a_price_that_is_gone_between_validation_and_lock_is_never_made_up(
    session: Session,
    shop: Shop,
    bank: ScriptedGateway,
    database: Engine,
    monkeypatch: pytest.MonkeyPatch,
    taken: str,
) -> None:
    shop.sell()
    session.add(Coupon(code="HALF", name="Half", kind="percent", value=Decimal(50), max_uses=1))
    session.add(ExchangeRate(base_currency="GBP", quote_currency="USD", rate=Decimal("1.3")))
    session.commit()
    lock = shop.checkout(currency="USD", coupon_code="HALF")
    reserve = inventory_reservation.reserve_stock

    def reserve_and_take(at: Session, lock_id: int, **given: Any) -> Any:
        """Do in the same transaction what another one would have done meanwhile: SQLite has one writer only."""
        allocations = reserve(at, lock_id, **given)
        if taken == "coupon":
            at.connection().exec_driver_sql("UPDATE coupons SET uses = 1")
        else:
            at.connection().exec_driver_sql("DELETE FROM exchange_rates")
        return allocations

    monkeypatch.setattr(inventory_reservation, "reserve_stock", reserve_and_take)

    with pytest.raises(InvalidCart):
        process(session, lock, payment=VISA)

    assert bank.calls == []
