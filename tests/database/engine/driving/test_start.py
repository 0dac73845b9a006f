"""The start of a checkout: who gets the cart, and why somebody does not."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine import Addresses, cancel, process, release, start
from console.engine.care.invariants import check_all
from console.engine.cart.changes import remove_line
from console.engine.driving.locks import ALPHABET, normalise_reference
from console.engine.driving.start import start_or_join
from console.engine.errors import CartOrdered, CheckoutInProgress, InvalidCart, InvalidInput, OutOfStock
from console.engine.runtime import CheckoutConfig, attach
from console.gateways.sandbox import SandboxGateway
from console.models import Cart, CheckoutLock, CheckoutStep, OutboxEvent, PriceSnapshot, StockLevel
from console.testing.factories import ADDRESS, VISA, Shop, make_due
from console.testing.scripted import ScriptedGateway, stay_silent
from tests.support.engine.purchases import pay
from tests.support.engine.rows import read, read_one


def configure(database: Engine, gateway: SandboxGateway, **settings: object) -> None:
    attach(database, config=CheckoutConfig(**settings), gateway=gateway)  # type: ignore[arg-type]


def test_a_start_holds_the_cart_and_nothing_else(session: Session, shop: Shop) -> None:
    shop.sell()
    cart = shop.cart()

    lock = start(session, cart, session_id="phone")

    assert (lock.state, lock.holds_cart, lock.session_id) == ("pending", True, "phone")
    assert read_one(session, Cart).lock_id == lock.id
    assert read_one(session, StockLevel).reserved == 0
    assert [each.topic for each in read(session, OutboxEvent)] == ["CheckoutStarted"]
    assert check_all(session) == []


def test_the_same_session_gets_its_live_lock_back(session: Session, shop: Shop) -> None:
    shop.sell()
    cart = shop.cart()
    first = start(session, cart, session_id="phone")

    again, is_new = start_or_join(session, cart.id, session_id="phone")

    assert (again.id, is_new) == (first.id, False)


def test_another_session_is_told_that_the_cart_is_being_bought(session: Session, shop: Shop) -> None:
    shop.sell()
    cart = shop.cart()
    start(session, cart, session_id="phone")

    with pytest.raises(CheckoutInProgress):
        start(session, cart, session_id="laptop")


def test_another_session_joins_where_the_shop_allows_it(
    session: Session, shop: Shop, database: Engine, gateway: SandboxGateway
) -> None:
    configure(database, gateway, prevent_concurrent=False)
    shop.sell()
    cart = shop.cart()
    lock = start(session, cart, session_id="phone")

    joined = start(session, cart, session_id="laptop")

    assert joined.id == lock.id
    assert process(session, joined, payment=VISA, session_id="laptop").status == "paid"


def test_another_session_may_not_drive_the_checkout(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout(session_id="phone")

    for verb in (
        lambda: process(session, lock, payment=VISA, session_id="laptop"),
        lambda: cancel(session, lock, session_id="laptop"),
    ):
        with pytest.raises(CheckoutInProgress):
            verb()

    assert read_one(session, CheckoutLock).state == "pending"


def test_a_lock_found_expired_is_expired_on_the_spot(session: Session, shop: Shop) -> None:
    shop.sell()
    cart = shop.cart()
    old = start(session, cart, session_id="phone")
    make_due(session, old)

    new = start(session, cart, session_id="laptop")

    assert new.id != old.id
    assert [(lock.state, lock.outcome) for lock in read(session, CheckoutLock)] == [
        ("failed", "expired"),
        ("pending", None),
    ]
    assert check_all(session) == []


def test_a_start_waits_for_no_gateway_that_another_checkout_hangs_at(
    session: Session, shop: Shop, bank: ScriptedGateway
) -> None:
    bank.script("authorize", *[stay_silent] * 3)
    old = pay(session, shop)
    make_due(session, old)
    bank.calls.clear()

    new = start(session, session.get_one(Cart, old.cart_id), session_id="laptop")

    assert (bank.calls, new.id != old.id, session.get_one(Cart, old.cart_id).lock_id) == ([], True, new.id)


def test_a_released_cart_can_be_bought_anew(session: Session, shop: Shop) -> None:
    shop.sell()
    cart = shop.cart()
    old = start(session, cart, session_id="phone")
    release(session, old, actor="ada", reason="shopper phoned", version=old.revision)

    assert process(session, start(session, cart, session_id="laptop"), payment=VISA).status == "paid"


def test_a_bought_cart_starts_no_more(session: Session, shop: Shop) -> None:
    shop.sell()
    lock = shop.checkout()
    process(session, lock, payment=VISA)

    with pytest.raises(CartOrdered):
        start(session, session.get_one(Cart, lock.cart_id), session_id="phone")


def test_every_reason_against_a_cart_is_told_at_once(session: Session, shop: Shop) -> None:
    gone = shop.sell("GONE")
    cart = shop.cart(
        ("GONE", 1),
        email=None,
        addresses=Addresses(shipping={**ADDRESS, "city": "", "postcode": ""}, billing={"first_name": "Ada"}),
        coupon_code="NOPE",
    )
    gone.active = False
    session.commit()

    with pytest.raises(InvalidCart) as refusal:
        start(session, cart, session_id="phone")

    fields = [reason["field"] for reason in refusal.value.context["reasons"]]
    assert fields[:3] == ["email", "shipping_address.city", "shipping_address.postcode"]
    assert fields[-2:] == ["lines.GONE", "coupon"]
    assert read(session, CheckoutLock) == []
    assert read_one(session, Cart).lock_id is None


def test_an_empty_cart_is_refused(session: Session, shop: Shop) -> None:
    shop.sell()
    cart = shop.cart()
    remove_line(session, cart, sku="MUG")

    with pytest.raises(InvalidCart) as refusal:
        start(session, cart, session_id="phone")

    assert refusal.value.context["reasons"] == [{"field": "lines", "message": "The cart is empty."}]


def test_a_cart_without_a_price_in_its_currency_is_refused(session: Session, shop: Shop) -> None:
    shop.sell("MUG", currency="USD")

    with pytest.raises(InvalidCart) as refusal:
        shop.checkout(("MUG", 1))

    assert refusal.value.context["reasons"] == [{"field": "lines.MUG", "message": "MUG has no price in GBP."}]


@pytest.mark.parametrize("ttl_minutes", [0, -5, 61])
def test_a_time_to_live_out_of_bounds_is_refused(session: Session, shop: Shop, ttl_minutes: int) -> None:
    shop.sell()

    with pytest.raises(InvalidInput):
        start(session, shop.cart(), session_id="phone", ttl_minutes=ttl_minutes)


def test_stock_and_prices_are_held_from_the_start_where_the_shop_wants_it(
    session: Session, shop: Shop, database: Engine, gateway: SandboxGateway
) -> None:
    configure(database, gateway, reserve_on_start=True)
    shop.sell(stock=5)
    cart = shop.cart(("MUG", 2))

    lock = start(session, cart, session_id="phone")

    assert (lock.state, lock.phase) == ("locking_prices", "price_lock")
    assert read_one(session, StockLevel).reserved == 2
    assert len(read(session, PriceSnapshot)) == 2
    assert check_all(session) == []
    assert process(session, lock, payment=VISA).status == "paid"
    assert check_all(session) == []


def test_a_shortage_at_the_start_ends_the_checkout_with_its_evidence(
    session: Session, shop: Shop, database: Engine, gateway: SandboxGateway
) -> None:
    configure(database, gateway, reserve_on_start=True)
    shop.sell(stock=1)
    cart = shop.cart(("MUG", 2))

    with pytest.raises(OutOfStock) as refusal:
        start(session, cart, session_id="phone")

    assert refusal.value.context["shortages"] == [{"sku": "MUG", "requested": 2, "available": 1}]
    assert read_one(session, CheckoutLock).outcome == "out_of_stock"
    assert read_one(session, Cart).lock_id is None
    assert check_all(session) == []


def test_a_cancel_gives_back_what_a_start_reserved(
    session: Session, shop: Shop, database: Engine, gateway: SandboxGateway
) -> None:
    configure(database, gateway, reserve_on_start=True)
    shop.sell(stock=5)
    lock = start(session, shop.cart(("MUG", 2)), session_id="phone")

    cancel(session, lock)

    assert read_one(session, StockLevel).reserved == 0
    assert ("inventory_reservation", "compensated") in [
        (each.phase, each.status) for each in read(session, CheckoutStep)
    ]
    assert check_all(session) == []


def test_a_reference_can_be_read_over_the_phone(session: Session, shop: Shop) -> None:
    shop.sell()

    reference = shop.checkout().reference

    assert set(reference) <= {*ALPHABET, "-"}
    assert normalise_reference(reference.lower().replace("-", " ")) == reference
