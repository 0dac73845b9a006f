"""What the doctor may mend by itself: what the rules decide whatever else is true, and nothing more."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Row, delete, update
from sqlalchemy.orm import Session

from console.engine import process
from console.engine.care import mending
from console.engine.care.invariants import check_all
from console.engine.care.mending import Mended, mend
from console.engine.driving import expiry, recovery
from console.models import Cart, CheckoutLock, OutboxEvent, PaymentOperation
from console.models.types import clock
from console.testing.factories import VISA, Shop, make_due
from console.testing.scripted import ScriptedGateway, refuse, stay_silent
from tests.support.engine.facts import statuses
from tests.support.engine.purchases import break_down, pay
from tests.support.engine.rows import read, read_one


def test_a_sound_shop_is_left_as_it_is(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    shop.sell()
    process(session, shop.checkout(), payment=VISA)
    waiting = shop.checkout()

    assert mend(session) == Mended()

    assert session.get_one(Cart, waiting.cart_id).lock_id == waiting.id


def test_a_cart_that_names_a_checkout_which_does_not_hold_it_is_let_go(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("authorize", refuse("card_declined"))
    lock = pay(session, shop)
    session.execute(update(Cart).values(lock_id=lock.id))
    session.commit()
    assert [violation.invariant for violation in check_all(session)] == [5]

    mended = mend(session)

    assert mended == Mended(freed_carts=[lock.cart_id])
    assert check_all(session) == []


def test_a_failed_checkout_with_money_held_gets_its_void(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    bank.script("authorize", refuse("card_declined"))
    lock = pay(session, shop)
    session.execute(update(PaymentOperation).values(status="succeeded"))
    session.commit()
    assert [violation.invariant for violation in check_all(session)] == [9]

    mended = mend(session)

    assert mended == Mended(owed=[lock.reference], recovered=1)
    assert statuses(session) == {"authorize": "succeeded", "void": "succeeded"}
    assert [event.topic for event in read(session, OutboxEvent)].count("CheckoutFailed") == 1
    assert check_all(session) == []


@pytest.mark.parametrize("is_captured", [True, False])
def test_a_checkout_that_goes_back_without_its_void_or_refund_gets_it(
    session: Session, shop: Shop, bank: ScriptedGateway, *, is_captured: bool
) -> None:
    bank.script("capture", refuse("card_declined"))
    bank.script("void", *[stay_silent] * 3)
    lock = pay(session, shop)
    session.execute(delete(PaymentOperation).where(PaymentOperation.kind == "void"))
    if is_captured:
        session.execute(update(PaymentOperation).values(status="succeeded"))
    session.commit()

    mended = mend(session)

    assert mended.owed == [lock.reference]
    assert statuses(session)["refund" if is_captured else "void"] == "succeeded"
    assert read_one(session, CheckoutLock).state == "failed"
    assert check_all(session) == []


def test_a_refused_void_is_a_humans_matter(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    bank.script("capture", refuse("card_declined"))
    bank.script("void", refuse("not_permitted"))
    lock = pay(session, shop)

    assert mend(session) == Mended()

    assert read_one(session, CheckoutLock).revision == lock.revision


def test_a_human_is_called_where_a_payment_is_forgotten(session: Session, shop: Shop, bank: ScriptedGateway) -> None:
    bank.script("capture", *[stay_silent] * 3)
    lock = pay(session, shop)
    session.execute(update(PaymentOperation).values(next_attempt_at=clock(600)))
    session.execute(update(PaymentOperation).where(PaymentOperation.kind == "capture").values(created_at=clock(-3601)))
    session.commit()

    mended = mend(session)

    assert (mended.called, read_one(session, CheckoutLock).needs_attention is None) == ([lock.reference], False)


def test_a_cart_that_names_the_checkout_of_another_cart_is_let_go(session: Session, shop: Shop) -> None:
    shop.sell()
    lock, other = shop.checkout(), shop.cart()
    session.execute(update(Cart).where(Cart.id == other.id).values(lock_id=lock.id))
    session.commit()

    assert mend(session) == Mended(freed_carts=[other.id])

    assert read_one(session, Cart, id=lock.cart_id).lock_id == lock.id


def test_a_cart_that_names_a_checkout_which_is_not_there_is_let_go(session: Session, shop: Shop) -> None:
    shop.sell()
    carts = [shop.cart(), shop.cart()]
    session.execute(update(Cart).values(lock_id=99))
    session.commit()

    assert mend(session) == Mended(freed_carts=[cart.id for cart in carts])


def leave_owing(session: Session, shop: Shop, bank: ScriptedGateway) -> CheckoutLock:
    """Have a checkout that failed with its money held."""
    bank.script("authorize", refuse("card_declined"))
    lock = pay(session, shop, shop.checkout())
    session.execute(update(PaymentOperation).values(status="succeeded"))
    session.commit()
    return lock


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("touch", "owed"),
        ("expire_due", "expired"),
        ("drive_interrupted", "recovered"),
        ("call_for_overdue", "called"),
    ],
)
def test_a_step_that_fails_keeps_no_other_from_mending(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch, name: str, broken: str
) -> None:
    shop.sell()
    leave_owing(session, shop, bank)
    make_due(session, shop.checkout())
    lost = shop.cart()
    session.execute(update(Cart).where(Cart.id == lost.id).values(lock_id=99))
    session.commit()
    monkeypatch.setattr(mending, name, break_down)

    mended = mend(session)

    assert mended.freed_carts == [lost.id]
    assert (mended.expired == 1) is (broken != "expired")
    assert (len(mended.owed) == 1) is (broken != "owed")
    assert [told.endswith("ArithmeticError: a defect") for told in mended.unmended] == [True]


def test_a_checkout_that_cannot_be_mended_is_told_and_keeps_no_other_waiting(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    first, second = leave_owing(session, shop, bank), leave_owing(session, shop, bank)
    take_late_money = mending.take_late_money

    def take_unless_first(session: Session, lock: Row[Any], raised: Row[Any]) -> Row[Any]:
        return break_down() if lock.id == first.id else take_late_money(session, lock, raised)

    monkeypatch.setattr(mending, "take_late_money", take_unless_first)

    mended = mend(session)

    assert (mended.owed, mended.recovered) == ([second.reference], 1)
    assert mended.unmended == [f"{first.reference}: ArithmeticError: a defect"]


@pytest.mark.parametrize("what", ["expired", "recovered", "called"])
def test_each_step_tells_which_one_it_could_not_mend(
    session: Session, shop: Shop, bank: ScriptedGateway, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    bank.script("authorize", *[stay_silent] * 3)
    lock = pay(session, shop)
    due = shop.checkout()
    make_due(session, due)
    if what == "recovered":
        session.execute(update(PaymentOperation).values(next_attempt_at=None))
    session.execute(update(PaymentOperation).values(created_at=clock(-3601)))
    session.commit()
    place = {"expired": (expiry, "expire_row"), "recovered": (recovery, "drive_on"), "called": (recovery, "demand")}
    monkeypatch.setattr(*place[what], break_down)

    mended = mend(session)

    which = {"expired": f"checkout {due.id}", "recovered": f"checkout {lock.id}", "called": lock.reference}
    assert mended.unmended == [f"{which[what]}: ArithmeticError: a defect"]
    assert mended.expired == (0 if what == "expired" else 1)
