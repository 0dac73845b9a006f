"""Silence is no answer: what is silent or waits is asked about, held as long as it must be, and tells a human in time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy.orm import Session

from console.engine import CheckoutError, advance, process, resume, start
from console.engine.care.invariants import check_all
from console.engine.driving.recovery import recover
from console.engine.errors import Expired, PaymentDeclined, PaymentPending
from console.engine.machine import OperationKind, OperationStatus
from console.models import Cart, CheckoutLock, Order, PaymentOperation
from console.testing.factories import VISA, Shop, make_due
from console.testing.scripted import ScriptedGateway, refuse, stay_silent, wait_for_shopper
from tests.support.engine.facts import statuses, tell
from tests.support.engine.purchases import calls_for_humans, leave_in_doubt, start_waiting
from tests.support.engine.rows import read_one


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
    lock = leave_in_doubt(session, shop, bank, "capture", stock=1)
    make_due(session, lock)

    with pytest.raises(CheckoutError):
        start(session, session.get_one(Cart, lock.cart_id), session_id="laptop")

    assert read_one(session, CheckoutLock).state == "capturing"
    assert resume(session, lock).status == "paid"
    assert check_all(session) == []


def test_three_silent_tries_call_for_a_human_and_an_answer_calls_them_off(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = leave_in_doubt(session, shop, bank, "capture", silences=7)
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
    lock = start_waiting(session, shop, bank)

    tell(session, lock, "authorize", OperationStatus.SUCCEEDED)

    assert recover(session) == 1
    assert read_one(session, Order).status == "paid"
    assert check_all(session) == []


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
