"""Doubtful money: nothing is forgotten, nobody is told wrong, no checkout is stuck without saying so."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from console.engine import Payment, advance, process, release, resume
from console.engine.care.invariants import check_all
from console.engine.driving.recovery import recover
from console.engine.errors import Expired, IdempotencyConflict, PaymentDeclined, PaymentPending, Released
from console.engine.machine import OperationStatus
from console.models import CheckoutLock
from console.testing.factories import VISA, Shop, make_driverless, make_due
from console.testing.scripted import ScriptedGateway, after, answer, approve, refuse, stay_silent, wait_for_shopper
from tests.support.engine.facts import let_tries_come, statuses, tell
from tests.support.engine.purchases import (
    calls_for_humans,
    decline,
    leave_in_doubt,
    noting_refusal,
    only_lock,
    start_waiting,
    topics,
)
from tests.support.engine.rows import read_one


def test_a_refused_refund_waits_for_a_human(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    lock = decline(session, shop, bank, "capture")
    tell(session, lock, "capture", OperationStatus.SUCCEEDED)
    bank.script("refund", refuse("account_closed"))

    recover(session)

    now = read_one(session, CheckoutLock)
    assert (now.state, statuses(session)["refund"]) == ("rolling_back", "refused")
    assert now.needs_attention is not None


def test_a_human_stays_called_while_money_is_held(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    lock = start_waiting(session, shop, bank)
    bank.script("void", refuse("not_permitted"))
    release(session, lock, actor="ada", reason="shopper gave up", version=None)

    tell(session, lock, "authorize", OperationStatus.SUCCEEDED)

    assert recover(session) == 0
    assert read_one(session, CheckoutLock).needs_attention is not None


def test_a_release_before_the_bank_wants_the_shopper_voids_what_waits(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()

    def let_go() -> None:
        release(support, only_lock(support), actor="ada", reason="shopper phoned", version=None)

    bank.script("authorize", after(let_go, wait_for_shopper))

    with pytest.raises(Released):
        process(session, lock, payment=VISA)

    assert statuses(session) == {"authorize": "refused", "void": "succeeded"}
    assert read_one(session, CheckoutLock).state == "failed"


def test_a_success_told_after_its_void_changes_nothing(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    lock = start_waiting(session, shop, bank)
    release(session, lock, actor="ada", reason="shopper gave up", version=None)

    tell(session, lock, "authorize", OperationStatus.SUCCEEDED)

    now = read_one(session, CheckoutLock)
    assert (now.state, now.needs_attention) == ("failed", None)
    assert check_all(session) == []


def test_the_capture_names_its_authorization_at_every_send(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    lock = shop.checkout()
    seen: list[str | None] = []

    def note(line: Any) -> Any:
        return lambda request: (seen.append(request.authorization), line(request))[1]

    bank.script("capture", *[note(stay_silent)] * 3, note(approve))
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)
    advance(session, lock)

    assert seen == [f"py_{lock.reference}"] * 4


def test_the_attention_names_the_operation_in_doubt(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("authorize", *[stay_silent] * 7)
    bank.script("capture", *[stay_silent] * 9)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)

    for _ in range(5):
        advance(session, lock)

    assert "did not answer the capture" in read_one(session, CheckoutLock).needs_attention
    assert calls_for_humans(session) == 2


def test_a_decided_checkout_has_its_answer_while_its_money_is_settled(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    told: list[str] = []

    def replay() -> None:
        with noting_refusal(told):
            process(support, only_lock(support), payment=VISA, idempotency_key="once")

    bank.script("capture", refuse("card_declined"))
    bank.script("void", after(replay))

    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=VISA, idempotency_key="once")

    assert told == ["declined"]


def test_an_expired_checkout_is_told_so_while_the_authorization_is_out(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    told: list[str] = []

    def other_tab() -> None:
        mine = only_lock(support)
        make_due(support, mine)
        with noting_refusal(told):
            resume(support, mine)

    bank.script("authorize", after(other_tab))

    with pytest.raises(Expired):
        process(session, lock, payment=VISA)

    assert told == ["expired"]


def test_a_key_used_while_another_request_drives_is_kept(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    told: list[str] = []

    def second_request() -> None:
        for token in ("tok_one", "tok_other"):
            with noting_refusal(told):
                mine = only_lock(support)
                process(support, mine, payment=Payment("card", token), idempotency_key="second")

    bank.script("authorize", after(second_request))

    process(session, lock, payment=VISA, idempotency_key="first")

    assert told == ["in_progress", IdempotencyConflict.code]


def test_an_operation_in_doubt_is_asked_about_before_it_is_sent_again(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = leave_in_doubt(session, shop, bank, "authorize")
    make_due(session, lock)
    let_tries_come(session)
    bank.calls.clear()

    recover(session)

    assert bank.calls[0] == "find authorize"


def test_an_expired_authorization_needs_no_void(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    bank.script("capture", refuse("card_declined"))
    gone = {"code": "authorization_expired", "amount_minor": 0}
    bank.script("void", lambda request: answer(request, OperationStatus.REFUSED, **gone))

    with pytest.raises(PaymentDeclined):
        process(session, shop.checkout(), payment=VISA)

    assert read_one(session, CheckoutLock).state == "failed"


def test_a_capture_found_by_its_void_calls_for_a_human_until_the_money_is_back(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    bank.script("capture", refuse("card_declined"))
    bank.script("void", refuse("already_captured"))

    with pytest.raises(PaymentDeclined):
        process(session, shop.checkout(), payment=VISA)

    assert "CheckoutNeedsAttention" in topics(session)
    now = read_one(session, CheckoutLock)
    assert (now.state, now.needs_attention) == ("failed", None)


def test_a_driver_paused_past_its_lease_does_not_expire_under_anothers_fence(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()

    def other_driver_expires_it() -> None:
        mine = only_lock(support)
        make_due(support, mine)
        make_driverless(support, mine)
        advance(support, mine)

    bank.script("authorize", after(other_driver_expires_it))

    with pytest.raises(Expired):
        process(session, lock, payment=VISA)

    assert bank.calls.count("void") == 1
    assert check_all(session) == []
