"""A text that is longer than its column is refused by the verb that takes it, the same on both databases."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy.orm import Session

from console.engine import Payment, create_cart, process, start
from console.engine.cart.changes import change_details
from console.engine.errors import InvalidInput, PaymentDeclined
from console.engine.store.tables import carts, idempotency_keys, locks, longest_texts, operations
from console.models import Cart, CheckoutLock
from console.testing.factories import VISA, Shop
from tests.support.engine.rows import read, read_one

Verb = Callable[[Session, Shop, str], Any]


def make(session: Session, _shop: Shop, text: str) -> Any:
    return create_cart(session, lines=[], external_reference=text)


def make_with_coupon(session: Session, _shop: Shop, text: str) -> Any:
    return create_cart(session, lines=[], coupon_code=text)


def change_coupon(session: Session, shop: Shop, text: str) -> Any:
    return change_details(session, shop.cart(), coupon_code=text)


def start_as(session: Session, shop: Shop, text: str) -> Any:
    return start(session, shop.cart(), session_id=text)


def pay_with(session: Session, shop: Shop, text: str) -> Any:
    with suppress(PaymentDeclined):  # the gateway does not know it, and says so
        process(session, shop.checkout(), payment=Payment("card", text))


def pay_by_key(session: Session, shop: Shop, text: str) -> Any:
    return process(session, shop.checkout(), payment=VISA, idempotency_key=text)


@pytest.mark.parametrize(
    ("verb", "most", "field"),
    [
        (make, longest_texts(carts)["external_reference"], "external_reference"),
        (make_with_coupon, longest_texts(carts)["coupon_code"], "coupon_code"),
        (change_coupon, longest_texts(carts)["coupon_code"], "coupon_code"),
        (start_as, longest_texts(locks)["session_id"], "session_id"),
        (pay_with, longest_texts(operations)["payment_token"], "payment_token"),
        (pay_by_key, longest_texts(idempotency_keys)["key"], "key"),
    ],
)
def test_what_fits_is_taken_and_one_letter_more_is_refused(
    session: Session, shop: Shop, verb: Verb, most: int, field: str
) -> None:
    shop.sell("MUG")

    verb(session, shop, "é" * most)
    with pytest.raises(InvalidInput) as refusal:
        verb(session, shop, "é" * (most + 1))

    assert refusal.value.context["field"] == field


@pytest.mark.parametrize("email", ["", "ada", "ada@localhost", "a" * 300 + "@example.org"])
def test_a_verb_takes_no_e_mail_address_that_is_none(session: Session, shop: Shop, email: str) -> None:
    shop.sell("MUG")
    cart = shop.cart()

    for verb in (
        lambda: create_cart(session, lines=[], email=email),
        lambda: change_details(session, cart, email=email),
    ):
        with pytest.raises(InvalidInput) as refusal:
            verb()
        assert refusal.value.context["field"] == "email"
    assert [each.email for each in read(session, Cart)] == ["ada@example.org"]


def test_a_verb_keeps_an_e_mail_address_as_it_was_typed(session: Session, shop: Shop) -> None:
    shop.sell("MUG")
    shop.checkout(email=" Ada@Shop.TEST ")

    assert read_one(session, CheckoutLock).customer_email == "Ada@Shop.TEST"
