"""The way back from the bank: by either method, in whatever browser, by the checkout's own signed reference."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from console.engine import cancel
from console.extensions import db
from console.models import Order
from console.return_address import return_address
from console.testing.factories import Shop
from tests.support.engine.rows import read_now
from tests.support.installation import SECRET_KEY
from tests.support.web.browser import Browser
from tests.support.web.cases import in_case
from tests.support.web.rows import count

pytestmark = pytest.mark.databases("sqlite")

PAGE = re.compile(r'href="(/sandbox/3ds/[^"]+)"')
PERSONAL = ("Ada", "Lovelace", "ada@example.org", "London", "Speckled")


@pytest.fixture
def buyer(shop: Shop, browser: Browser) -> Browser:
    """Give a browser whose shopper is at their bank's page, for a mug of £10."""
    shop.sell("MUG", name="Speckled mug", price=1000)
    return to_the_bank(browser)


def to_the_bank(browser: Browser) -> Browser:
    """Buy a mug up to the bank's page."""
    browser.buy("tok_3ds")
    found = PAGE.search(browser.follow().text)
    assert found
    browser.open(found[1])
    return browser


def decide(buyer: Browser, decision: str) -> str:
    """Decide on the bank's page; give the address of the way back."""
    sent = buyer.send(buyer.page.request.path, decision=decision)
    assert sent.location.startswith("/checkout/return?checkout=")
    return sent.location


def elsewhere(buyer: Browser, back: str) -> Browser:
    """Come back in another browser."""
    other = Browser(buyer.app)
    other.open(back)
    other.follow()
    return other


@pytest.mark.databases("sqlite", "postgresql")
def test_who_is_sent_back_by_a_form_comes_to_the_same_page(buyer: Browser) -> None:
    back = decide(buyer, "approve")
    bank = buyer.app.test_client(use_cookies=False)  # another site's form brings no cookie of ours along

    sent = bank.post(back, data={"PaRes": "x", "MD": "y"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (sent.status_code, sent.location) == (303, back)
    assert "Set-Cookie" not in sent.headers
    buyer.open(sent.location)
    assert "your order is placed" in buyer.follow().text


@pytest.mark.databases("sqlite", "postgresql")
def test_another_browser_is_told_number_and_total_of_what_was_paid_and_no_more(
    buyer: Browser, session: Session
) -> None:
    other = elsewhere(buyer, decide(buyer, "approve"))

    order = read_now(session, Order)
    assert "Your order is placed" in other.page.text
    assert order.number in other.page.text
    assert "£10.00" in other.page.text
    assert [word for word in PERSONAL if word in other.page.text] == []
    assert other.open(f"/orders/{order.number}").status_code == 404


def test_another_browser_is_told_of_a_refusal(buyer: Browser) -> None:
    other = elsewhere(buyer, decide(buyer, "refuse"))

    assert "The payment was declined" in other.page.text
    assert "Nothing was charged." in other.page.text
    assert buyer.lock().reference in other.page.text


def way_back(buyer: Browser) -> str:
    """Name the address that the bank was given."""
    return return_address(buyer.lock().reference, public_url="", secret_key=SECRET_KEY)


def test_another_browser_is_told_that_nothing_is_decided(buyer: Browser) -> None:
    other = elsewhere(buyer, way_back(buyer))

    assert "This payment is not decided yet" in other.page.text
    assert "/sandbox/3ds/" not in other.page.text
    again = re.search(r'href="([^"]+)">Ask again', other.page.text)
    assert again
    other.open(again[1])
    assert "This payment is not decided yet" in other.follow().text
    assert buyer.lock().state == "authorizing"


def test_another_browser_is_told_of_a_checkout_that_was_given_up(buyer: Browser) -> None:
    lock = buyer.lock()
    with buyer.app.app_context():
        cancel(db.session(), lock)

    assert "This checkout is over" in elsewhere(buyer, way_back(buyer)).page.text


def test_another_browser_keeps_the_cart_it_has(buyer: Browser) -> None:
    other = Browser(buyer.app)
    other.put()

    other.open(decide(buyer, "approve"))

    assert "Your order is placed" in other.follow().text
    assert '<span class="shop-head__count">1' in other.open("/cart").text
    assert "/cart/change" in other.page.text


@pytest.mark.databases("sqlite", "postgresql")
def test_to_come_back_twice_does_nothing_twice(buyer: Browser, session: Session) -> None:
    back = decide(buyer, "approve")

    ends = [buyer.open(back).location for _ in range(3)]

    assert len(set(ends)) == 1
    assert count(session, Order) == 1


def test_a_reference_that_nobody_signed_shows_nothing(buyer: Browser) -> None:
    path, _, signed = decide(buyer, "approve").partition("=")

    for forged in (signed.lower(), signed[:-1], signed.partition(".")[0]):
        with in_case(forged):
            other = elsewhere(buyer, f"{path}={forged}")

            assert other.page.status_code == 404
            assert "Which payment is it?" in other.page.text
            assert buyer.lock().state == "authorizing"


def test_who_names_no_payment_is_told_so_and_not_that_it_is_over(app: APIFlask) -> None:
    queries = ("", "?checkout=", "?checkout=%00", "?checkout=" + "x" * 5000, "?checkout=a.b")
    for path in (f"/checkout/{page}{query}" for page in ("return", "result") for query in queries):
        with in_case(path):
            browser = Browser(app)
            browser.open(path)

            shown = browser.follow()

            assert shown.status_code == 404
            assert "Nothing is lost" in shown.text


def test_an_address_that_was_given_out_before_they_were_signed_goes_by_the_session(buyer: Browser) -> None:
    decide(buyer, "approve")

    buyer.open("/checkout/return")

    assert "your order is placed" in buyer.follow().text


def test_coming_back_too_often_shows_another_browser_how_it_stands(
    shop: Shop, browser_at: Callable[..., Browser]
) -> None:
    shop.sell("MUG")
    buyer = to_the_bank(browser_at(CHECKOUT_RATE_LIMIT="2 per minute"))

    other = elsewhere(buyer, decide(buyer, "approve"))

    assert other.page.status_code == 200
    assert "This payment is not decided yet" in other.page.text


def test_the_gateway_is_told_one_address_for_each_checkout(shop: Shop, app: APIFlask) -> None:
    shop.sell("MUG")
    buyers = [to_the_bank(Browser(app)) for _ in range(2)]

    first, second = (decide(buyer, "approve") for buyer in buyers)

    assert first == way_back(buyers[0])
    assert first != second
