"""What may be done to a cart, and when not."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from console.engine import LineRequest, create_cart, process
from console.engine.cart.changes import add_line, change_details, remove_line, set_quantity
from console.engine.driving.recovery import recover_next
from console.engine.errors import CartLocked, CartOrdered, InvalidInput, NotFound
from console.models import Cart, CartLine, CheckoutLock
from console.testing.factories import VISA, Shop, make_due
from console.testing.scripted import ScriptedGateway, stay_silent
from tests.support.engine.purchases import pay, start_waiting
from tests.support.engine.rows import read, read_one

CHANGES = {
    "add": lambda session, cart: add_line(session, cart, sku="MUG", quantity=1),
    "set": lambda session, cart: set_quantity(session, cart, sku="MUG", quantity=2),
    "remove": lambda session, cart: remove_line(session, cart, sku="MUG"),
    "details": lambda session, cart: change_details(session, cart, email="eve@example.org"),
}
every_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def test_adding_a_sku_again_adds_to_its_line(session: Session, shop: Shop) -> None:
    shop.sell()
    cart = shop.cart(("MUG", 2))

    add_line(session, cart, sku="MUG", quantity=3)

    assert read_one(session, CartLine).quantity == 5


def test_the_same_sku_twice_in_a_new_cart_is_merged(session: Session, shop: Shop) -> None:
    shop.sell()

    shop.cart(("MUG", 2), ("MUG", 3))

    assert read_one(session, CartLine).quantity == 5


@every_change
def test_a_cart_that_a_checkout_holds_cannot_be_changed(session: Session, shop: Shop, change: object) -> None:
    shop.sell()
    lock = shop.checkout()
    cart = session.get_one(Cart, lock.cart_id)

    with pytest.raises(CartLocked) as refusal:
        change(session, cart)  # type: ignore[operator]

    assert refusal.value.context["reference"] == lock.reference
    assert read_one(session, CartLine).quantity == 1
    assert read_one(session, Cart).email == "ada@example.org"


@every_change
def test_a_bought_cart_cannot_be_changed(session: Session, shop: Shop, change: object) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)

    with pytest.raises(CartOrdered):
        change(session, session.get_one(Cart, lock.cart_id))  # type: ignore[operator]


@every_change
def test_a_due_checkout_in_the_way_is_expired(session: Session, shop: Shop, change: object) -> None:
    shop.sell()
    lock = shop.checkout()
    make_due(session, lock)

    change(session, session.get_one(Cart, lock.cart_id))  # type: ignore[operator]

    assert read_one(session, Cart).lock_id is None


@every_change
def test_a_change_of_the_cart_waits_for_no_gateway(
    session: Session, shop: Shop, bank: ScriptedGateway, change: object
) -> None:
    bank.script("authorize", *[stay_silent] * 3)
    lock = pay(session, shop)
    make_due(session, lock)
    bank.calls.clear()

    change(session, session.get_one(Cart, lock.cart_id))  # type: ignore[operator]

    assert (bank.calls, read_one(session, CheckoutLock).state) == ([], "rolling_back")


def test_the_money_of_a_checkout_that_stood_in_the_way_is_given_back_at_once_by_the_recovery(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    shop.sell()
    lock = start_waiting(session, shop, bank)
    make_due(session, lock)
    add_line(session, session.get_one(Cart, lock.cart_id), sku="MUG", quantity=1)
    bank.calls.clear()

    assert recover_next(session)

    assert (bank.calls, read_one(session, CheckoutLock).state) == (["find void", "void"], "failed")


@pytest.mark.parametrize("quantity", [0, -1, 100_001, 10**20])
def test_a_quantity_out_of_bounds_is_refused_everywhere(session: Session, shop: Shop, quantity: int) -> None:
    shop.sell()
    cart = shop.cart(("MUG", 1))

    for change in (
        lambda: add_line(session, cart, sku="MUG", quantity=quantity),
        lambda: set_quantity(session, cart, sku="MUG", quantity=quantity),
        lambda: create_cart(session, lines=[LineRequest("MUG", quantity)], email=None, addresses=None, currency=None),
    ):
        with pytest.raises(InvalidInput):
            change()

    session.rollback()
    assert read_one(session, CartLine).quantity == 1


def test_a_line_never_grows_beyond_the_most_pieces(session: Session, shop: Shop) -> None:
    shop.sell()
    cart = shop.cart(("MUG", 99_999))

    with pytest.raises(InvalidInput):
        add_line(session, cart, sku="MUG", quantity=2)

    assert read_one(session, CartLine).quantity == 99_999


def test_an_unknown_sku_is_refused_and_leaves_no_cart(session: Session, shop: Shop) -> None:
    shop.sell()

    with pytest.raises(InvalidInput) as refusal:
        shop.cart(("MUG", 1), ("NOPE", 1), ("nope", 1))
    session.rollback()

    assert refusal.value.context["skus"] == ["NOPE", "nope"]
    assert read(session, Cart) == []


def test_an_unknown_currency_is_refused(session: Session, shop: Shop) -> None:
    shop.sell()

    with pytest.raises(InvalidInput):
        shop.cart(currency="XQQ")


@pytest.mark.parametrize("name", ["set", "remove"])
def test_a_line_that_is_not_there_is_not_found(session: Session, shop: Shop, name: str) -> None:
    shop.sell("MUG")
    shop.sell("PEN")
    cart = shop.cart(("PEN", 1))

    with pytest.raises(NotFound):
        CHANGES[name](session, cart)


def test_a_cart_with_agreed_prices_keeps_its_currency(session: Session, shop: Shop) -> None:
    shop.sell()
    cart = shop.cart(agreed=[("MUG", 1, 255)])

    with pytest.raises(InvalidInput, match="agreed in GBP"):
        change_details(session, cart, currency="JPY")
    change_details(session, cart, currency="GBP", email="eve@example.org")

    assert (read_one(session, Cart).currency_code, read_one(session, Cart).email) == ("GBP", "eve@example.org")
