"""A purchase over HTTP, from the catalogue to the order."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine.care.invariants import check_all
from console.gateways.sandbox import SandboxGateway
from console.models import CheckoutLock, Coupon, Order, TaxRate, VariantPrice
from console.testing.factories import Shop
from tests.support.web.rows import count, edit
from tests.support.web.shopper import Shopper, gbp


def test_a_cart_becomes_one_paid_order(shop: Shop, shopper: Shopper, session: Session, gateway: SandboxGateway) -> None:
    shop.sell("MUG", price=1000)
    shop.sell("TEA", price=250)
    cart = shopper.fill_cart(("MUG", 2), ("TEA", 1)).cart
    started = shopper.start()

    bought = shopper.pay(started.get_json()["id"])

    assert (cart["status"], cart["locked"], cart["totals"]["total"]) == ("open", False, gbp(2250))
    assert (started.status_code, started.get_json()["state"]) == (201, "pending")
    assert bought.status_code == 201
    order, checkout = bought.get_json()["order"], bought.get_json()["checkout"]
    assert (order["status"], order["totals"]["subtotal"], order["totals"]["total"]) == ("paid", gbp(2250), gbp(2250))
    assert [(line["sku"], line["quantity"], line["unit_price"]) for line in order["lines"]] == [
        ("MUG", 2, gbp(1000)),
        ("TEA", 1, gbp(250)),
    ]
    assert (checkout["state"], checkout["can_resume"], checkout["outcome"]) == ("completed", False, None)
    [charge] = gateway.ledger()
    assert (charge.lock_reference, charge.captured) == (checkout["reference"], 2250)
    assert check_all(session) == []


def test_a_bought_cart_shows_what_was_paid_and_refuses_changes(shop: Shop, shopper: Shopper, session: Session) -> None:
    shop.sell("MUG", price=1000)
    number = shopper.fill_cart().buy().get_json()["order"]["number"]
    edit(session, update(VariantPrice).values(unit_price=9999))

    cart = shopper.ask("GET", shopper.path).get_json()
    change = shopper.ask("PATCH", shopper.path, json={"email": "eve@example.org"})
    again = shopper.start()

    assert (cart["status"], cart["locked"], cart["totals"]["total"]) == ("ordered", False, gbp(1000))
    assert (change.status_code, change.get_json()["error"]) == (409, "cart_ordered")
    assert (again.status_code, again.get_json()["error"]) == (409, "cart_ordered")
    assert shopper.ask("GET", f"/orders/{number}").get_json()["totals"]["total"] == gbp(1000)


def test_a_paid_checkout_answers_the_same_body_again(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    lock_id = shopper.fill_cart().checkout()["id"]
    first = shopper.pay(lock_id, key="one")

    others = [
        shopper.pay(lock_id, key="one"),
        shopper.pay(lock_id, key="two"),
        shopper.pay(lock_id),
        shopper.ask("POST", f"/checkouts/{lock_id}/resume"),
    ]

    assert first.status_code == 201
    assert [other.status_code for other in others] == [200] * 4
    assert {other.data for other in others} == {first.data}


@pytest.mark.parametrize("token", ["tok_lost_capture", "tok_error_capture", "tok_lost_authorize"])
def test_doubt_that_the_gateway_ends_in_time_is_a_purchase(shop: Shop, shopper: Shopper, token: str) -> None:
    shop.sell("MUG")

    assert shopper.fill_cart().buy(card=token).status_code == 201


def test_a_decline_is_told_again_and_leaves_the_cart_to_be_bought(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG", stock=1)
    lock_id = shopper.fill_cart().checkout()["id"]

    declined = [shopper.pay(lock_id, card="tok_declined", key="k") for _ in range(2)]
    bought = shopper.buy()

    assert [answer.status_code for answer in declined] == [402, 402]
    first, second = (answer.get_json() | {"request_id": None} for answer in declined)
    assert first == second
    assert (first["error"], first["phase"]) == ("declined", "payment_authorization")
    assert bought.status_code == 201


def test_all_shortages_are_told_at_once(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG", stock=1)
    shop.sell("TEA", stock=0)
    shop.sell("PEN", stock=5)

    refused = shopper.fill_cart(("MUG", 3), ("TEA", 1), ("PEN", 5)).buy()

    assert (refused.status_code, refused.get_json()["error"]) == (409, "out_of_stock")
    assert sorted(refused.get_json()["context"]["shortages"], key=lambda each: each["sku"]) == [
        {"sku": "MUG", "requested": 3, "available": 1},
        {"sku": "TEA", "requested": 1, "available": 0},
    ]


@pytest.mark.databases("sqlite")
def test_every_reason_against_a_cart_is_told(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")

    refused = shopper.fill_cart(email=None, shipping_address=None, lines=[], coupon="NOPE").start()

    assert (refused.status_code, refused.get_json()["error"]) == (422, "invalid_cart")
    fields = {reason["field"] for reason in refused.get_json()["context"]["reasons"]}
    assert {"email", "lines", "coupon", "shipping_address.first_name", "shipping_address.country"} <= fields


def test_discount_and_tax_add_up_and_stay_frozen_while_a_checkout_has_them(
    shop: Shop, shopper: Shopper, session: Session
) -> None:
    shop.sell("MUG", price=1000)
    session.add(TaxRate(country="GB", tax_class="standard", name="VAT", rate=Decimal("0.2")))
    session.add(Coupon(code="TEN", kind="percent", value=Decimal(10)))
    session.commit()

    totals = shopper.fill_cart(("MUG", 2), coupon="TEN").cart["totals"]

    assert {name: money["amount"] for name, money in totals.items()} == {
        "subtotal": 2000,
        "discount": 200,
        "tax": 360,
        "shipping": 0,
        "total": 2160,
    }
    assert shopper.buy().get_json()["order"]["totals"] == totals


def test_a_cancelled_checkout_frees_the_cart_and_is_over(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    lock_id = shopper.fill_cart().checkout()["id"]

    cancelled = shopper.ask("POST", f"/checkouts/{lock_id}/cancel")
    paid = shopper.pay(lock_id)
    changed = shopper.ask("PATCH", shopper.path, json={"email": "eve@example.org"})

    assert (cancelled.status_code, cancelled.get_json()["state"]) == (200, "failed")
    assert (paid.status_code, paid.get_json()["error"]) == (409, "ended")
    assert paid.get_json()["context"]["outcome"] == "cancelled"
    assert changed.status_code == 200


def test_a_bought_checkout_cannot_be_cancelled(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    lock_id = shopper.fill_cart().buy().get_json()["checkout"]["id"]

    refused = shopper.ask("POST", f"/checkouts/{lock_id}/cancel", json={})

    assert (refused.status_code, refused.get_json()["error"]) == (409, "not_allowed")


def test_an_expired_checkout_is_gone(shop: Shop, shopper: Shopper, session: Session) -> None:
    shop.sell("MUG")
    lock_id = shopper.fill_cart().checkout()["id"]
    edit(session, update(CheckoutLock).values(expires_at=CheckoutLock.locked_at))

    seen = shopper.ask("GET", f"/checkouts/{lock_id}").get_json()
    cart = shopper.ask("GET", shopper.path).get_json()
    paid = [shopper.pay(lock_id) for _ in range(2)]

    assert (seen["can_resume"], cart["locked"]) == (False, False)
    assert [answer.status_code for answer in paid] == [410, 410]
    assert paid[0].get_json()["error"] == "expired"


def test_a_payment_nobody_answers_for_waits(shop: Shop, impatient: Shopper) -> None:
    shop.sell("MUG")
    shopper = impatient.fill_cart()
    lock_id = shopper.checkout()["id"]

    waiting = shopper.pay(lock_id, card="tok_never_answers")
    resumed = shopper.ask("POST", f"/checkouts/{lock_id}/resume", json={})
    change = shopper.ask("PATCH", shopper.path, json={"email": "eve@example.org"})

    assert waiting.status_code == 202
    assert waiting.get_json()["checkout"]["state"] == "authorizing"
    assert waiting.get_json()["next_action"] is None
    assert resumed.status_code == 202
    assert change.status_code == 423


def test_another_device_is_kept_out_of_a_checkout(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    phone = shopper.fill_cart().on("phone")
    laptop = shopper.on("laptop")
    lock_id = phone.checkout()["id"]

    joined = phone.start()
    refused = [
        laptop.start(),
        laptop.pay(lock_id),
        laptop.ask("POST", f"/checkouts/{lock_id}/resume"),
        laptop.ask("POST", f"/checkouts/{lock_id}/cancel"),
    ]

    assert (joined.status_code, joined.get_json()["id"]) == (200, lock_id)
    assert [answer.status_code for answer in refused] == [423] * 4
    assert {answer.get_json()["error"] for answer in refused} == {"checkout_in_progress"}
    assert laptop.ask("GET", f"/checkouts/{lock_id}").get_json()["can_resume"] is False
    assert phone.ask("GET", f"/checkouts/{lock_id}").get_json()["can_resume"] is True


def test_a_key_with_another_payment_is_refused(shop: Shop, shopper: Shopper, session: Session) -> None:
    shop.sell("MUG")
    lock_id = shopper.fill_cart().checkout()["id"]
    shopper.pay(lock_id, key="k")

    refused = shopper.pay(lock_id, key="k", card="tok_other")

    assert (refused.status_code, refused.get_json()["error"]) == (422, "idempotency_conflict")
    assert count(session, Order) == 1


def test_a_checkout_without_payment_is_resumed_with_one(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    lock_id = shopper.fill_cart().checkout()["id"]
    path = f"/checkouts/{lock_id}/resume"

    refused = shopper.ask("POST", path)
    paid = shopper.ask("POST", path, json={"payment": {"method": "paypal", "token": "tok_visa"}})

    assert refused.status_code == 422
    assert paid.status_code == 201


@pytest.mark.databases("sqlite")
def test_a_ttl_is_kept_and_bounded(shop: Shop, shopper: Shopper) -> None:
    shop.sell("MUG")
    shopper.fill_cart()

    assert shopper.start(ttl_minutes=61).status_code == 422
    assert shopper.start(ttl_minutes=60).status_code == 201


def test_stock_and_prices_are_held_from_the_start_where_the_shop_wants_it(
    shop: Shop, session: Session, make_shopper: Callable[..., Shopper]
) -> None:
    shop.sell("MUG", price=1000, stock=3)
    shopper = make_shopper(CHECKOUT_RESERVE_ON_START="true").fill_cart(("MUG", 3))
    late = Shopper(shopper.app).fill_cart(("MUG", 1))

    started, refused = shopper.start(), late.start()
    edit(session, update(VariantPrice).values(unit_price=9999))
    cart = shopper.ask("GET", shopper.path).get_json()
    bought = shopper.pay(started.get_json()["id"])

    assert (started.status_code, started.get_json()["state"]) == (201, "locking_prices")
    assert (refused.status_code, refused.get_json()["error"]) == (409, "out_of_stock")
    assert refused.get_json()["context"]["shortages"] == [{"sku": "MUG", "requested": 1, "available": 0}]
    assert cart["totals"]["total"] == bought.get_json()["order"]["totals"]["total"] == gbp(3000)
    assert late.ask("GET", late.path).get_json()["locked"] is False


@pytest.mark.databases("sqlite")
def test_another_device_may_go_on_where_the_shop_allows_it(shop: Shop, make_shopper: Callable[..., Shopper]) -> None:
    shop.sell("MUG")
    phone = make_shopper(CHECKOUT_PREVENT_CONCURRENT="false").fill_cart().on("phone")
    lock_id = phone.checkout()["id"]
    laptop = phone.on("laptop")

    joined, status = laptop.start(), laptop.status()

    assert (joined.status_code, joined.get_json()["id"]) == (200, lock_id)
    assert (joined.get_json()["can_resume"], status["can_resume"]) == (True, True)
    assert laptop.pay(lock_id).status_code == 201
