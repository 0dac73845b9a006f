"""Forms forgive: what was typed is shown again with the true reason, and what is not ours changes nothing."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from console.models import Cart, CheckoutLock
from console.testing.factories import Shop
from tests.support.web.browser import DETAILS, Browser
from tests.support.web.cases import in_case
from tests.support.web.rows import count

pytestmark = pytest.mark.databases("sqlite")

HTTPS = {"PUBLIC_URL": "https://shop.example", "TRUSTED_PROXIES": "1"}
BY_PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example", "X-Forwarded-For": "203.0.113.7"}
OURS: list[dict[str, str]] = [
    {},
    {"Referer": "https://shop.example/products/MUG"},
    {"Origin": "https://shop.example"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]
FOREIGN: list[dict[str, str]] = [
    {"Referer": "https://evil.example/"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://shop.example.evil.example"},
    {"Origin": "http://shop.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://evil.shop.example"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
]


def age(browser: Browser, *, seconds_allowed: int = -1) -> None:
    """Let the pages that are open be too old, or young again."""
    browser.app.config["WTF_CSRF_TIME_LIMIT"] = seconds_allowed


def put_by_proxy(browser: Browser, token: str, headers: dict[str, str]) -> TestResponse:
    """Send the form of a product's page as a proxy hands it on, with the session that the page was opened in."""
    fields = {"csrf_token": token, "sku": "MUG", "quantity": "1"}
    return browser.client.post(
        "/cart/add", data=fields, headers=BY_PROXY | headers, base_url="https://shop.example", follow_redirects=False
    )


def open_by_proxy(browser: Browser) -> str:
    """Open a product's page over HTTPS; give the token of its form."""
    browser.open("/products/MUG", headers=BY_PROXY, base_url="https://shop.example")
    return browser.hidden()["csrf_token"]


def test_a_browser_that_tells_little_of_itself_fills_its_cart(
    shop: Shop, session: Session, browser_at: Callable[..., Browser]
) -> None:
    shop.sell("MUG")
    app = browser_at(**HTTPS).app

    for carts, headers in enumerate(OURS, start=1):
        with in_case(headers):
            browser = Browser(app)
            answer = put_by_proxy(browser, open_by_proxy(browser), headers)

            assert (answer.status_code, answer.location) == (303, "/cart")
            assert count(session, Cart) == carts


def test_what_the_browser_says_another_site_sent_changes_nothing(
    shop: Shop, session: Session, browser_at: Callable[..., Browser]
) -> None:
    shop.sell("MUG")
    app = browser_at(**HTTPS).app

    for headers in FOREIGN:
        with in_case(headers):
            browser = Browser(app)
            answer = put_by_proxy(browser, open_by_proxy(browser), headers)

            assert (answer.status_code, answer.location) == (303, "/products/MUG?refused=forged")
            assert "Set-Cookie" not in answer.headers
            assert count(session, Cart) == 0


def test_an_address_form_that_was_open_too_long_is_shown_as_it_was_typed_and_works_then(
    shop: Shop, session: Session, browser: Browser
) -> None:
    shop.sell("MUG")
    browser.put()
    browser.open("/checkout")
    age(browser)

    browser.send("/checkout", **DETAILS | {"first_name": "Augusta", "bill_elsewhere": "y", "billing-city": "Bath"})
    age(browser, seconds_allowed=3600)
    shown = browser.follow().text

    assert "open for more than an hour" in shown
    assert 'value="Augusta"' in shown
    assert 'value="Bath"' in shown
    assert 'aria-invalid="true"' not in shown  # nobody has said yet that it is finished
    assert count(session, CheckoutLock) == 0
    browser.send("/checkout", **DETAILS | {"first_name": "Augusta"})
    assert browser.lock().state == "pending"
    assert browser.cart().shipping_address["first_name"] == "Augusta"  # type: ignore[index]


def test_what_was_typed_stays_through_a_reload_and_goes_once_it_is_taken(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start(first_name="Augusta", postcode="")

    looks = [browser.open("/checkout").text for _ in range(2)]
    browser.start()
    browser.send("/checkout/cancel", of="/checkout")

    assert all('value="Augusta"' in look and "Enter the postcode." in look for look in looks)
    assert "Augusta" not in browser.open("/checkout").text


def test_another_form_in_between_leaves_it_alone(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start(first_name="Augusta", postcode="")
    browser.put()

    assert 'value="Augusta"' in browser.open("/checkout").text


@pytest.mark.databases("sqlite", "postgresql")
def test_mistakes_are_no_tries(shop: Shop, browser_at: Callable[..., Browser]) -> None:
    shop.sell("MUG")
    browser = browser_at(CHECKOUT_RATE_LIMIT="5 per minute")
    browser.put()

    mistakes = [browser.start(postcode="") for _ in range(6)]
    started = browser.start()
    payments = [browser.pay(token="") for _ in range(6)]

    assert [each.headers["X-RateLimit-Remaining"] for each in (mistakes[-1], started, payments[-1])] == ["5", "4", "4"]
    assert browser.pay().location.startswith("/orders/")


def test_a_form_sent_after_too_many_tries_is_shown_as_it_was_typed(
    shop: Shop, browser_at: Callable[..., Browser]
) -> None:
    shop.sell("MUG")
    browser = browser_at(CHECKOUT_RATE_LIMIT="1 per minute")
    browser.put()
    browser.start()
    browser.send("/checkout/cancel", of="/checkout")

    refused = browser.start(first_name="Augusta")
    shown = browser.follow().text

    assert int(refused.headers["Retry-After"]) >= 1
    assert "Only a few tries a minute" in shown
    assert 'value="Augusta"' in shown


def test_a_quantity_that_is_none_is_shown_as_it_was_typed(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")

    browser.put(quantity="twelve")
    shown = browser.follow().text

    assert browser.page.request.path == "/products/MUG"
    assert 'value="twelve"' in shown
    assert 'role="alert"' in shown


@pytest.mark.parametrize("alphabet", [string.ascii_letters, "\N{SNOWMAN}\N{COMET}\N{UMBRELLA}\N{CLOUD}"])
def test_what_is_too_long_for_a_cookie_is_let_go_and_that_is_said(shop: Shop, browser: Browser, alphabet: str) -> None:
    shop.sell("MUG")
    browser.put()
    dice = random.Random(7)
    typed = {name: "".join(dice.choices(alphabet, k=255)) for name in [*DETAILS, "line_two", "billing-line_one"]}
    typed |= {f"billing-{name}": "".join(dice.choices(alphabet, k=255)) for name in DETAILS}

    browser.start(**typed)

    kept = browser.client.get_cookie("session")
    assert kept is not None
    assert len(kept.value) < 3900
    assert "too long to be kept" in browser.follow().text


def test_a_payment_token_of_a_real_gateway_is_not_kept(shop: Shop, browser_at: Callable[..., Browser]) -> None:
    shop.sell("MUG")
    browser = browser_at(CHECKOUT_PAYMENT_GATEWAY="console.testing.scripted:ScriptedGateway")
    browser.put()
    browser.start()

    browser.pay("pm_worth_money", method="paypal", expected_total="")

    assert re.search(r'<input[^>]*checked[^>]*value="paypal"', browser.follow().text)
    with browser.client.session_transaction() as kept:
        assert "pm_worth_money" not in str(dict(kept))


class TestReasons:
    """Each form that is not believed says why."""

    @pytest.fixture
    def visitor(self, shop: Shop, browser: Browser) -> Browser:
        """Give a browser with a mug in its cart and the cart's page open."""
        shop.sell("MUG")
        browser.put()
        browser.open("/cart")
        return browser

    def send(self, visitor: Browser, **fields: Any) -> str:
        visitor.page = visitor.client.post("/cart/coupon", data={"coupon": "TEN"} | fields)
        return visitor.follow().text

    def test_without_a_token_it_is_not_ours(self, visitor: Browser) -> None:
        assert "not sent from a page of ours" in self.send(visitor)

    def test_a_made_up_token_is_not_ours(self, visitor: Browser) -> None:
        for token in ("x", "\x00", "a.b.c", "x" * 5000):
            with in_case(token):
                assert "not sent from a page of ours" in self.send(visitor, csrf_token=token)

    @pytest.mark.parametrize("seconds_allowed", [-1, 3600])
    def test_a_token_of_another_visit_is_told_so(self, visitor: Browser, seconds_allowed: int) -> None:
        other = Browser(visitor.app)
        other.open("/products/MUG")
        age(visitor, seconds_allowed=seconds_allowed)

        told = self.send(visitor, csrf_token=other.hidden()["csrf_token"], coupon="EVIL")

        assert "before somebody signed in or out" in told
        assert "EVIL" not in told

    def test_an_old_one_is_told_so(self, visitor: Browser) -> None:
        token = visitor.hidden()["csrf_token"]
        age(visitor)

        told = self.send(visitor, csrf_token=token)

        assert "open for more than an hour" in told
        assert 'value="TEN"' in told

    def test_a_visit_that_ended_is_told_so(self, visitor: Browser) -> None:
        token = visitor.hidden()["csrf_token"]
        visitor.client.delete_cookie("session")

        assert "Your visit had ended" in self.send(visitor, csrf_token=token)

    def test_cookies_that_are_switched_off_are_told(self, visitor: Browser) -> None:
        token = visitor.hidden()["csrf_token"]
        visitor.client = visitor.app.test_client(use_cookies=False)

        assert "Cookies are switched off" in self.send(visitor, csrf_token=token)

    def test_a_foreign_form_without_the_cookie_takes_nobody_s_cart_away(self, visitor: Browser) -> None:
        stranger = visitor.app.test_client(use_cookies=False)
        token = visitor.hidden()["csrf_token"]

        sent = stranger.post("/cart/add", data={"csrf_token": token, "sku": "MUG", "quantity": "1"})

        assert "Set-Cookie" not in sent.headers
        visitor.open(sent.location)
        assert "not sent from a page of ours" in visitor.page.text
        assert '<span class="shop-head__count">1' in visitor.page.text


def test_signing_in_says_the_true_reason_too(browser: Browser) -> None:
    browser.open("/login")
    token = browser.hidden()["csrf_token"]
    age(browser)

    refused = browser.client.post("/login", data={"csrf_token": token, "email": "ada@example.org", "password": "x"})

    assert refused.status_code == 400
    assert "open for more than an hour" in refused.text
    assert 'value="ada@example.org"' in refused.text
