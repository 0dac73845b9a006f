"""Edge cases of a checkout, each deterministic; `docs/pains.md` lists them all with the tests that stand elsewhere."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from console.engine import CheckoutError, advance, cancel, process, release, start
from console.engine.care.invariants import check_all
from console.engine.driving.locks import read_lock
from console.engine.driving.recovery import recover
from console.engine.driving.rollback import go_back
from console.engine.errors import InvalidInput, LostRace, PaymentDeclined, PaymentPending
from console.engine.inventory import correct_stock
from console.engine.machine import OperationStatus, Outcome
from console.engine.phases import order_creation
from console.engine.store.database import load, transact
from console.models import Cart, CheckoutLock, Coupon, Order, PaymentOperation, StockLevel
from console.models.types import clock
from console.testing.factories import VISA, Shop, make_due
from console.testing.scripted import ScriptedGateway, after, refuse, stay_silent
from tests.support.engine.facts import processing, statuses, tell
from tests.support.engine.purchases import break_down, decline, leave_in_doubt, noting_refusal, start_waiting
from tests.support.engine.rows import read, read_one
from tests.support.places import ROOT

ENGINE = ROOT / "console" / "engine"
HOST_CLOCK = re.compile(r"\btime\.time\(|datetime\.(now|utcnow|today)\(|date\.today\(")


def test_a_promotion_that_expires_during_the_checkout_holds(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell(price=1000)
    session.add(Coupon(code="HALF", name="Half", kind="percent", value=Decimal(50)))
    session.commit()
    lock = start_waiting(session, shop, bank, coupon_code="HALF")
    session.execute(update(Coupon).values(valid_until=clock(-60), active=False))
    session.commit()

    tell(session, lock, "authorize", OperationStatus.SUCCEEDED)
    advance(session, lock)

    assert (read_one(session, Order).status, read_one(session, Order).total) == ("paid", 500)
    assert check_all(session) == []


def test_a_stock_correction_below_what_is_reserved_is_refused_naming_the_holders(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell(stock=5)
    lock = start_waiting(session, shop, bank)
    [level] = read(session, StockLevel)

    with pytest.raises(InvalidInput) as refusal:
        transact(session, lambda: correct_stock(session, level.id, change=-5))

    assert refusal.value.context["holders"] == [lock.id]
    transact(session, lambda: correct_stock(session, level.id, change=-4))
    assert (read_one(session, StockLevel).on_hand, check_all(session)) == (1, [])


def test_a_variant_deactivated_during_the_payment_is_still_sold(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    mug = shop.sell()
    lock = start_waiting(session, shop, bank)
    mug.active = False
    session.commit()

    tell(session, lock, "authorize", OperationStatus.SUCCEEDED)

    assert advance(session, lock).state == "completed"


def test_a_capture_that_the_bank_is_processing_waits_whatever_the_clock_says(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell(stock=1)
    lock = shop.checkout()
    bank.script("capture", processing)
    with pytest.raises(PaymentPending):
        process(session, lock, payment=VISA)
    make_due(session, lock, by_seconds=86_400)
    recover(session)
    held = (read_one(session, Order).status, read_one(session, StockLevel).reserved, lock.lease_owner)

    tell(session, lock, "capture", OperationStatus.SUCCEEDED)
    recover(session)

    assert held == ("pending", 1, None)
    assert (read_one(session, Order).status, bank.calls.count("capture")) == ("paid", 1)
    assert check_all(session) == []


def test_a_webhook_heard_twice_before_its_answer_changes_nothing_more(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()

    def tell_twice() -> None:
        for _ in range(2):
            tell(support, lock, "authorize", OperationStatus.SUCCEEDED)

    bank.script("authorize", after(tell_twice))

    assert process(session, lock, payment=VISA).status == "paid"
    assert bank.calls == ["authorize", "capture"]


def test_webhooks_out_of_order_never_lower_a_fact(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    lock = start_waiting(session, shop, bank)
    tell(session, lock, "authorize", OperationStatus.SUCCEEDED)

    tell(session, lock, "authorize", OperationStatus.WAITING)
    tell(session, lock, "authorize", OperationStatus.REFUSED, code="card_declined")

    assert statuses(session)["authorize"] == "succeeded"
    assert advance(session, lock).state == "completed"


def test_a_webhook_long_after_the_end_of_a_sale_changes_nothing(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)
    session.execute(update(CheckoutLock).values(completed_at=clock(-90 * 86_400)))
    session.commit()

    for kind in ("authorize", "capture"):
        tell(session, lock, kind, OperationStatus.SUCCEEDED)
        tell(session, lock, kind, OperationStatus.REFUSED)

    now = read_one(session, CheckoutLock)
    assert (now.state, now.needs_attention, recover(session)) == ("completed", None, 0)
    assert check_all(session) == []


def test_money_with_a_wrong_amount_told_after_the_end_calls_for_a_human_and_moves_nothing(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    lock = decline(session, shop, bank, "capture")

    tell(session, lock, "capture", OperationStatus.SUCCEEDED, amount=1)

    now = read_one(session, CheckoutLock)
    assert (now.state, statuses(session)["capture"]) == ("failed", "refused")
    assert "speaks of 1 GBP" in now.needs_attention


def test_an_authorization_that_expired_before_the_capture_ends_the_checkout_and_frees_the_cart(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = shop.checkout()
    bank.script("capture", refuse("authorization_expired"))
    bank.script("void", refuse("authorization_expired"))

    with pytest.raises(PaymentDeclined):
        process(session, lock, payment=VISA)

    assert (lock.state, lock.outcome, lock.needs_attention) == ("failed", "declined", None)
    again = start(session, session.get_one(Cart, lock.cart_id), session_id="phone")
    assert process(session, again, payment=VISA).status == "paid"
    assert check_all(session) == []


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_host_whose_clock_is_wrong_by_an_hour_sells_like_any_other(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    shop.sell()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600 * hours)
    lock = shop.checkout()

    order = process(session, lock, payment=VISA)

    before, now = session.execute(select(clock(-60), clock())).one()
    assert before <= order.created_at <= now
    assert before <= lock.completed_at <= now


def test_the_engine_never_asks_the_hosts_clock() -> None:
    asking = [path.name for path in ENGINE.rglob("*.py") if HOST_CLOCK.search(path.read_text())]

    assert asking == []


def test_a_total_of_nothing_is_undone_without_a_call(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell("GIFT", price=0)
    lock = shop.checkout(("GIFT", 1))
    monkeypatch.setattr(order_creation, "create_order", break_down)

    with pytest.raises(CheckoutError):
        process(session, lock, payment=VISA)

    assert [(each.kind, each.status, each.amount) for each in read(session, PaymentOperation)] == [
        ("authorize", "succeeded", 0),
        ("void", "succeeded", 0),
    ]
    assert (bank.calls, lock.state, check_all(session)) == ([], "failed", [])


def test_a_second_end_never_frees_a_cart_that_was_taken_anew(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    """Whoever decides on an old look must not take the next checkout off its cart."""
    shop.sell()
    lock = shop.checkout()
    seen = transact(session, lambda: read_lock(session, lock.id))
    cancel(session, lock)
    again = start(session, session.get_one(Cart, lock.cart_id), session_id="phone")

    with pytest.raises(LostRace):
        transact(session, lambda: go_back(session, seen, outcome=Outcome.CANCELLED, reason="once more"))

    session.expire_all()
    assert session.get_one(Cart, lock.cart_id).lock_id == again.id
    assert check_all(session) == []


def test_an_undo_decided_on_an_old_look_is_refused_past_the_point_of_no_return(
    session: Session, shop: Shop, bank: ScriptedGateway, support: Session
) -> None:
    shop.sell()
    lock = shop.checkout()
    seen: list[Any] = []
    told: list[str] = []

    def look() -> None:
        seen.append(transact(support, lambda: read_lock(support, lock.id)))

    def undo() -> None:
        try:
            transact(support, lambda: go_back(support, seen[0], outcome=Outcome.RELEASED, reason="an old page"))
        except LostRace:
            told.append("lost")
        with noting_refusal(told):
            mine = load(support, select(CheckoutLock).where(CheckoutLock.id == lock.id))
            release(support, mine, actor="ada", reason="phoned", version=None)

    bank.script("authorize", after(look))
    bank.script("capture", after(undo))

    assert process(session, lock, payment=VISA).status == "paid"
    assert told == ["lost", "not_allowed"]


def test_an_expired_checkout_leaves_its_late_money_alone_until_it_comes(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    """Time runs out while the authorization is unknown: cart and stock are free at once, the money follows."""
    lock = leave_in_doubt(session, shop, bank, "authorize", stock=1)
    bank.script("authorize", *[stay_silent] * 4)
    make_due(session, lock)
    advance(session, lock)
    state, reserved = lock.state, read_one(session, StockLevel).reserved

    tell(session, lock, "authorize", OperationStatus.SUCCEEDED)
    recover(session)

    assert (state, reserved) == ("rolling_back", 0)
    assert statuses(session) == {"authorize": "succeeded", "void": "succeeded"}
    assert (read_one(session, CheckoutLock).state, check_all(session)) == ("failed", [])
