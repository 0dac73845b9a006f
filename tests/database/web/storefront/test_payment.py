"""The payment's page: how it ends, what a shopper is told, and that one payment is made once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from console.engine import release
from console.engine.machine import OperationStatus
from console.engine.runtime import attach, runtime_of
from console.extensions import db
from console.models import CheckoutLock, Order
from console.testing.factories import Shop, make_due
from console.testing.scripted import ScriptedGateway, wait_for_shopper
from tests.support.engine.facts import tell
from tests.support.web.browser import Browser
from tests.support.web.cases import in_case
from tests.support.web.rows import count

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize("token", ["tok_declined", "tok_capture_declined"])
def test_a_declined_payment_leaves_the_cart_as_it_was(shop: Shop, browser: Browser, token: str) -> None:
    shop.sell("MUG")

    refused = browser.buy(token)
    told = browser.follow().text

    assert refused.status_code == 303
    assert "The payment was declined" in told
    assert "Nothing was charged. Your cart is as it was." in told
    assert browser.lock().reference in told
    assert "/cart/change" in browser.open("/cart").text
    browser.start()
    assert browser.pay().status_code == 303


def test_missing_stock_is_told_line_by_line_with_what_is_left(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG", name="Speckled mug", stock=3)
    shop.sell("TEA", name="Green tea", stock=0)
    shop.sell("JUG", name="Milk jug", stock=9)
    for sku, quantity in (("MUG", 5), ("JUG", 1)):
        browser.put(sku, quantity)
    browser.send("/cart/add", of="/cart", sku="TEA", quantity=1)
    browser.start()

    browser.pay()
    told = browser.follow().text

    assert "<strong>Speckled mug</strong>: you wanted 5, 3 left." in told
    assert "<strong>Green tea</strong>: you wanted 1, none left." in told
    assert "Milk jug" not in told
    assert "Milk jug" in browser.open("/cart").text


def test_a_checkout_whose_time_ran_out_says_so(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.open("/checkout")
    kept = browser.hidden()
    session.commit()
    make_due(session, browser.lock())

    browser.send("/checkout", **kept | {"method": "card", "token": "tok_visa"})

    assert "The time ran out" in browser.follow().text
    assert "/cart/change" in browser.open("/cart").text


def test_a_payment_in_doubt_is_explained_and_keeps_the_cart(
    shop: Shop, session: Session, browser_at: Callable[..., Browser]
) -> None:
    shop.sell("MUG")
    browser = browser_at(CHECKOUT_GATEWAY_TIMEOUT="0.2")

    doubtful = browser.buy("tok_never_answers")
    again = browser.send("/checkout/resume", of="/checkout")
    told = browser.follow().text

    assert doubtful.location == again.location == "/checkout"
    assert "never charged twice" in told
    assert browser.lock().reference in told
    assert browser.lock().holds_cart
    assert count(session, Order) == 0


def test_a_lost_answer_still_ends_in_the_order(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")

    assert browser.buy("tok_lost_capture").status_code == 303


def test_the_same_payment_sent_again_is_one_payment(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.open("/checkout")
    fields = browser.hidden() | {"method": "card", "token": "tok_visa"}

    first, second = (browser.client.post("/checkout", data=fields) for _ in range(2))

    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert count(session, Order) == 1


def test_a_declined_payment_sent_again_says_the_same(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.open("/checkout")
    fields = browser.hidden() | {"method": "card", "token": "tok_declined"}

    answers = [browser.client.post("/checkout", data=fields).location for _ in range(2)]

    assert answers[0] == answers[1]
    assert "The payment was declined" in browser.open(answers[1]).text
    assert count(session, CheckoutLock) == 1


HOSTILE_PAYMENTS: list[dict[str, str]] = [
    {"token": ""},
    {"token": "\x00"},
    {"token": "x" * 256},
    {"method": "cash"},
    {"method": ""},
    {"key": "x" * 256},
    {"key": "\x00"},
    {"expected_total": ""},
    {"expected_total": "1e3"},
    {"expected_total": "-1"},
    {"expected_total": "9" * 5000},
]


def test_hostile_payments_are_refused(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()

    for fields in HOSTILE_PAYMENTS:
        with in_case(fields):
            assert browser.pay(**fields).location == "/checkout"
            assert 'class="notice notice--bad" role="alert"' in browser.follow().text
            assert browser.lock().state == "pending"


@pytest.mark.databases("sqlite", "postgresql")
def test_a_payment_for_somebody_else_s_checkout_pays_only_one_s_own(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    other = Browser(browser.app)
    other.put()
    other.start()
    browser.put()
    browser.start()

    browser.pay(checkout=str(other.lock().id))

    assert "There is no such checkout of this cart." in browser.follow().text
    assert other.lock().state == "pending"
    for named in ("-1", "9" * 18, "9" * 40, "\x00", "²", "1 OR 1=1"):
        with in_case(named):
            payer = Browser(browser.app)
            payer.put()
            payer.start()

            assert payer.pay(checkout=named).status_code == 303
            assert other.lock().state == "pending"


def test_a_payment_being_taken_cannot_be_cancelled(
    shop: Shop, session: Session, browser_at: Callable[..., Browser]
) -> None:
    shop.sell("MUG")
    browser = browser_at(CHECKOUT_GATEWAY_TIMEOUT="0.2")
    with browser.app.app_context():
        gateway = use_scripted_gateway()
    gateway.script("capture", *[wait_for_shopper] * 3)
    browser.buy()

    browser.send("/checkout/cancel", of="/checkout")

    assert "can no longer be cancelled" in browser.follow().text
    assert browser.lock().state == "capturing"


def use_scripted_gateway() -> ScriptedGateway:
    """Let the app at work pay by a script."""
    gateway = ScriptedGateway()
    attach(db.engine, config=runtime_of(db.session()).config, gateway=gateway)
    return gateway


def test_a_bank_that_wants_the_shopper_is_a_link_and_the_way_back_ends_in_the_order(
    shop: Shop, session: Session, browser: Browser
) -> None:
    shop.sell("MUG")
    with browser.app.app_context():
        gateway = use_scripted_gateway()
    gateway.script("authorize", wait_for_shopper)

    asked = browser.buy()
    looked = browser.open("/checkout")
    session.commit()
    tell(session, browser.lock(), "authorize", OperationStatus.SUCCEEDED)
    returned = browser.open("/checkout/return")

    assert (asked.status_code, asked.location) == (303, "/checkout")
    assert 'href="https://bank.example/3ds"' in looked.text
    assert returned.status_code == 303
    assert returned.location.startswith("/orders/")


def test_whoever_comes_back_from_their_bank_is_never_refused_for_too_many_tries(
    shop: Shop, browser_at: Callable[..., Browser]
) -> None:
    shop.sell("MUG")
    browser = browser_at(CHECKOUT_RATE_LIMIT="2 per minute")
    browser.buy("tok_3ds")

    returned = browser.open("/checkout/return")

    assert returned.status_code == 303
    assert "One more step" in browser.follow().text


def test_what_support_wrote_and_what_becomes_of_the_money_are_two_sentences(
    shop: Shop, session: Session, browser: Browser
) -> None:
    shop.sell("MUG")
    browser.buy("tok_never_answers")
    session.commit()
    release(session, browser.lock(), actor="ada@example.org", reason="wants another card", version=None)

    shown = browser.open("/checkout/status").text

    assert "The shop ended this checkout. What was held of the payment is being given back." in shown
    assert "wants another card" not in shown


def test_a_repeated_payment_is_not_counted(shop: Shop, browser_at: Callable[..., Browser]) -> None:
    shop.sell("MUG")
    browser = browser_at(CHECKOUT_RATE_LIMIT="2 per minute")
    browser.put()
    browser.start()
    browser.open("/checkout")
    fields = browser.hidden() | {"method": "card", "token": "tok_visa"}

    statuses = [browser.client.post("/checkout", data=fields).status_code for _ in range(4)]

    assert statuses == [303] * 4


def test_test_cards_are_offered_by_the_sandbox_only(shop: Shop, browser_at: Callable[..., Browser]) -> None:
    shop.sell("MUG")
    pages = []
    for settings in ({}, {"CHECKOUT_PAYMENT_GATEWAY": "console.testing.scripted:ScriptedGateway"}):
        browser = browser_at(**settings)
        browser.put()
        browser.start()
        pages.append(browser.open("/checkout").text)

    sandbox, real = pages

    assert 'value="tok_never_answers"' in sandbox
    assert "tok_" not in real
    assert 'name="token"' in real
