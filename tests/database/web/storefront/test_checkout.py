"""The checkout's pages: details, payment, and what a shopper is told when it ends otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine import start
from console.engine.cart.addresses import NAMES
from console.extensions import db
from console.models import CheckoutLock, Order, Variant
from console.testing.factories import Shop
from tests.support.installation import build_app, close
from tests.support.web.browser import DETAILS, Browser
from tests.support.web.cases import in_case
from tests.support.web.rows import count, edit
from tests.support.web.statements import counted

pytestmark = pytest.mark.databases("sqlite")


def test_a_purchase_leads_to_its_order(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG", name="Speckled mug", price=950)

    paid = browser.buy(quantity=2)
    order = browser.open(paid.location)

    assert paid.status_code == 303
    assert "Thank you" in order.text
    assert "£19.00" in order.text
    assert "United Kingdom" in order.text
    assert "You have bought what was in it" in browser.open("/cart").text
    assert f'href="{paid.location}"' in browser.page.text
    assert count(session, Order) == 1


def test_to_look_at_the_checkout_starts_nothing(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()

    pages = [browser.open(path).status_code for path in ("/checkout", "/checkout/return", "/checkout/status")]

    assert pages == [200, 303, 200]
    assert count(session, CheckoutLock) == 0


def test_nothing_can_be_bought_without_a_cart(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")

    looked = browser.open("/checkout")

    assert (looked.status_code, looked.location) == (303, "/cart")


def test_the_details_sent_again_start_no_second_checkout(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.open("/checkout")
    fields = DETAILS | {"csrf_token": browser.hidden()["csrf_token"]}

    answers = [browser.client.post("/checkout", data=fields) for _ in range(2)]

    assert [(each.status_code, each.location) for each in answers] == [(303, "/checkout")] * 2
    assert count(session, CheckoutLock) == 1


WRONG_DETAILS: list[dict[str, Any]] = [
    *({name: ""} for name in DETAILS if name not in NAMES),
    dict.fromkeys(NAMES, ""),
    {"email": "ada"},
    {"email": "a@b\x00"},
    {"first_name": "x" * 256},
    {"city": "Lon\x00don"},
    {"line_one": "a\nb"},
    {"country": "XX"},
    {"country": "GB\x00"},
    {"bill_elsewhere": "y"},
    {"bill_elsewhere": "y", **{f"billing-{name}": "\x1b" for name in DETAILS}},
]


def test_details_that_will_not_do_come_back_with_what_is_wrong(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()

    for details in WRONG_DETAILS:
        with in_case(details):
            refused = browser.start(**details)
            shown = browser.follow()

            assert (refused.status_code, refused.location, shown.status_code) == (303, "/checkout", 200)
            assert 'aria-invalid="true"' in shown.text
            assert count(session, CheckoutLock) == 0


def test_another_billing_address_is_kept(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    billing = {"first_name": "Charles", "last_name": "Babbage", "line_one": "1 Dorset Street", "city": "London"}
    sent = {f"billing-{name}": value for name, value in billing.items()}

    browser.start(bill_elsewhere="y", **sent, **{"billing-postcode": "W1U 4EG", "billing-country": "GB"})

    assert browser.cart().billing_address == {**billing, "postcode": "W1U 4EG", "country": "GB"}


def test_a_cart_that_cannot_be_bought_says_every_reason(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.send("/cart/coupon", of="/cart", coupon="NONE")
    edit(session, update(Variant).values(active=False))

    refused = browser.start()
    told = browser.follow().text

    assert refused.status_code == 303
    assert "MUG is no longer sold." in told
    assert "There is no coupon NONE." in told


def test_a_second_session_is_told_politely(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.send("/checkout/cancel", of="/checkout")
    browser.open("/checkout")
    token = browser.hidden()["csrf_token"]
    start(session, browser.cart(), session_id="another device")

    pages = [browser.open("/checkout")]
    for path, fields in (
        ("/checkout", DETAILS),
        ("/checkout", {"method": "card", "token": "tok_visa", "expected_total": "1000"}),
        ("/checkout/cancel", {}),
    ):
        browser.page = browser.client.post(path, data={"csrf_token": token, **fields})
        pages.append(browser.follow())

    assert [each.status_code for each in pages] == [423] * 4
    assert all("on another device" in each.text and "Resume" not in each.text for each in pages)
    assert all("This was not done" in each.text for each in pages[1:])
    assert browser.lock().state == "pending"


def test_a_checkout_is_cancelled_and_the_cart_is_free(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.open("/cart")

    cancelled = browser.send("/checkout/cancel", checkout=browser.hidden()["checkout"])

    assert (cancelled.status_code, cancelled.location) == (303, "/cart")
    assert browser.lock().outcome == "cancelled"
    page = browser.open("/cart")
    assert "The checkout is cancelled" in page.text
    assert "/cart/change" in page.text


def test_an_old_page_does_not_cancel_a_newer_checkout(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.open("/cart")
    old = browser.hidden()["checkout"]
    browser.send("/checkout/cancel", checkout=old)
    browser.start()

    browser.send("/checkout/cancel", of="/cart", checkout=old)

    assert browser.lock().state == "pending"
    assert "That checkout was over already." in browser.open("/cart").text


def test_what_completed_meanwhile_leads_to_its_order(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    paid = browser.buy()
    with browser.client.session_transaction() as kept:
        bought = kept["shop_bought"][0]
        with browser.app.app_context():
            order = db.session.query(Order).one()
        kept["shop_cart"] = [order_cart(browser, order), bought]

    looked = browser.open("/checkout")

    assert (looked.status_code, looked.location) == (303, paid.location)


def order_cart(browser: Browser, order: Order) -> int:
    with browser.app.app_context():
        return db.session.get_one(CheckoutLock, order.lock_id).cart_id


def test_the_shop_and_the_api_count_in_one_bucket(shop: Shop, browser_at: Callable[..., Browser]) -> None:
    shop.sell("MUG")
    browser = browser_at(CHECKOUT_RATE_LIMIT="2 per minute")
    browser.put()

    started = browser.start()
    declined = browser.pay("tok_declined")
    refused = browser.start()
    told = browser.follow().text
    by_api = browser.client.post("/api/v1/carts/1/checkout", headers={"Authorization": "Bearer nobody"})

    assert [started.headers["X-RateLimit-Remaining"], declined.headers["X-RateLimit-Remaining"]] == ["1", "0"]
    assert (refused.status_code, by_api.status_code) == (303, 429)
    assert int(refused.headers["Retry-After"]) >= 1
    assert "Only a few tries a minute" in told
    assert browser.open("/cart").status_code == 200


def test_a_page_of_the_checkout_costs_few_statements(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.open("/checkout")

    with counted(browser.app) as cost:
        browser.open("/checkout")

    assert len(cost.statements) <= 4, "\n".join(cost.statements)
    assert cost.commits == 0


def test_without_a_database_the_shop_says_it_shortly(tmp_path: Path) -> None:
    app: APIFlask = build_app("postgresql://postgres@127.0.0.1:1/none", tmp_path)

    answer = app.test_client().get("/")
    close(app)

    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
