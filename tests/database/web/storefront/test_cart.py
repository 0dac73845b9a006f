"""The cart: made with its first line, changed, and read-only while a checkout holds it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from console.engine import start
from console.models import Cart, Coupon
from console.models.vocabulary import CouponKind
from console.testing.factories import Shop, make_due
from tests.support.web.browser import Browser
from tests.support.web.cases import in_case
from tests.support.web.rows import count
from tests.support.web.statements import counted

pytestmark = pytest.mark.databases("sqlite")

CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("/cart/add", {"sku": "MUG", "quantity": 1}),
    ("/cart/change", {"sku": "MUG", "quantity": 2}),
    ("/cart/change", {"sku": "MUG", "quantity": 0}),
    ("/cart/coupon", {"coupon": "TEN"}),
]


def test_a_cart_is_made_with_its_first_line_and_not_before(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG", name="Speckled mug", price=950)
    for path in ("/", "/cart", "/checkout", "/products/MUG", "/checkout/status"):
        browser.open(path)
    before = count(session, Cart)

    added = browser.put("MUG", 2)
    browser.put("MUG", 1)

    assert before == 0
    assert (added.status_code, added.location) == (303, "/cart")
    assert count(session, Cart) == 1
    page = browser.open("/cart")
    assert "Speckled mug" in page.text
    assert "£28.50" in page.text
    assert '<span class="shop-head__count">3' in page.text


def test_an_empty_cart_says_where_to_go(browser: Browser) -> None:
    page = browser.open("/cart")

    assert page.status_code == 200
    assert "Look at the goods" in page.text


def test_a_quantity_is_changed_and_none_takes_the_line_out(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG", price=1000)
    browser.put()

    changed = browser.send("/cart/change", of="/cart", sku="MUG", quantity=7)
    seven = browser.open("/cart").text
    browser.send("/cart/change", sku="MUG", quantity=0)

    assert (changed.status_code, changed.location) == (303, "/cart")
    assert "£70.00" in seven
    assert "Nothing is in it yet" in browser.open("/cart").text


def test_a_coupon_is_taken_and_one_that_gives_nothing_says_why(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG", price=1000)
    session.add(Coupon(code="TEN", name="Ten per cent", kind=CouponKind.PERCENT, value=10))
    session.commit()
    browser.put()

    browser.send("/cart/coupon", of="/cart", coupon="ten")
    taken = browser.open("/cart").text
    browser.send("/cart/coupon", coupon="NONE")
    unknown = browser.open("/cart").text
    browser.send("/cart/coupon", coupon="")

    assert "\N{MINUS SIGN}£1.00" in taken
    assert "Remove the coupon" in taken
    assert "There is no coupon NONE." in unknown
    assert "coupon NONE" not in browser.open("/cart").text


def test_a_held_cart_is_not_changed_and_says_why(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()

    for path, fields in CHANGES:
        with in_case(path, fields):
            refused = browser.send(path, of="/cart", **fields)
            told = browser.follow().text

            assert refused.status_code == 303
            assert "This was not done" in told
            assert "You are buying this cart" in browser.open("/cart").text
            assert "Resume" in browser.page.text
            assert "Cancel checkout" in browser.page.text
            assert '<span class="shop-head__count">1' in browser.page.text


def test_a_held_cart_is_shown_read_only_with_what_can_be_done(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()

    page = browser.open("/cart")

    assert page.status_code == 200
    assert "/cart/change" not in page.text
    assert "/cart/coupon" not in page.text
    assert "Resume" in page.text
    assert 'action="/checkout/cancel"' in page.text


def test_a_cart_that_another_session_buys_is_shown_without_its_buttons(
    shop: Shop, session: Session, browser: Browser
) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.send("/checkout/cancel", of="/checkout")
    start(session, browser.cart(), session_id="another device")

    page = browser.open("/cart")

    assert page.status_code == 200
    assert "on another device" in page.text
    assert "Resume" not in page.text
    assert "/checkout/cancel" not in page.text


def test_a_cart_whose_checkout_ran_out_of_time_is_changed_again(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    session.commit()
    make_due(session, browser.lock())
    browser.app.extensions["checkout_status_cache"].drop(None, cart_id=browser.cart().id)

    changed = browser.send("/cart/change", of="/cart", sku="MUG", quantity=2)

    assert changed.status_code == 303
    assert browser.lock().outcome == "expired"


HOSTILE_LINES: list[dict[str, Any]] = [
    {},
    {"sku": "MUG"},
    {"quantity": 1},
    {"sku": "MUG", "quantity": -1},
    {"sku": "MUG", "quantity": "9" * 5000},
    {"sku": "MUG", "quantity": 100_001},
    {"sku": "MUG", "quantity": "1e3"},
    {"sku": "MUG", "quantity": "\x00"},
    {"sku": "MUG\x00", "quantity": 1},
    {"sku": "x" * 300, "quantity": 1},
    {"sku": "NONE", "quantity": 1},
    {"sku": "' OR 1=1", "quantity": 1},
]


@pytest.mark.databases("sqlite", "postgresql")
@pytest.mark.parametrize("path", ["/cart/add", "/cart/change"])
def test_hostile_lines_are_refused(shop: Shop, browser: Browser, path: str) -> None:
    shop.sell("MUG")
    browser.put()

    for fields in HOSTILE_LINES:
        with in_case(fields):
            refused = browser.send(path, of="/cart", **fields)
            told = browser.follow()

            assert refused.status_code == 303
            assert told.status_code in (200, 404)
            assert 'class="notice notice--bad" role="alert"' in told.text
            assert '<span class="shop-head__count">1' in browser.open("/cart").text


@pytest.mark.databases("sqlite", "postgresql")
def test_hostile_coupons_are_refused(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()

    for coupon in ("\x00", "x" * 65, "a\nb", "\x1b[0m"):
        with in_case(coupon):
            assert browser.send("/cart/coupon", of="/cart", coupon=coupon).status_code == 303
            assert 'class="notice notice--bad" role="alert"' in browser.follow().text
            assert browser.cart().coupon_code is None


def test_nothing_is_changed_without_the_page_s_token(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()

    for path, fields in (*CHANGES, ("/checkout", {}), ("/checkout/cancel", {})):
        with in_case(path, fields):
            browser.page = refused = browser.client.post(path, data=fields)

            assert refused.status_code == 303
            assert "Set-Cookie" not in refused.headers
            assert "This was not sent from a page of ours" in browser.follow().text
            assert '<span class="shop-head__count">1' in browser.open("/cart").text


def test_a_cart_of_a_database_that_is_gone_is_forgotten(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    with browser.client.session_transaction() as kept:
        kept["shop_cart"] = [kept["shop_cart"][0], "another token"]

    assert "Nothing is in it yet" in browser.open("/cart").text
    assert browser.put().status_code == 303


def test_the_cart_costs_the_same_for_one_line_as_for_twenty(shop: Shop, browser: Browser) -> None:
    for number in range(20):
        shop.sell(f"SKU-{number}")
    browser.put("SKU-0")
    browser.open("/cart")
    with counted(browser.app) as small:
        browser.open("/cart")
    for number in range(20):
        browser.put(f"SKU-{number}")
    browser.open("/cart")

    with counted(browser.app) as large:
        browser.open("/cart")

    assert len(small.statements) == len(large.statements) <= 5, "\n".join(large.statements)
    assert (small.commits, large.commits) == (0, 0)
