"""What the doctor may mend by itself: what the rules decide whatever else is true, and nothing more."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from console.engine import process
from console.engine.care.invariants import check_all
from console.engine.care.mending import Mended, mend
from console.models import Cart, CheckoutLock, OutboxEvent, PaymentOperation
from console.models.types import clock
from console.testing.factories import VISA, Shop
from console.testing.scripted import ScriptedGateway, refuse, stay_silent
from tests.support.engine.facts import statuses
from tests.support.engine.purchases import pay
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
