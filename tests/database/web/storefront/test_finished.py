"""A finished checkout leads to its order, and no page of the shop asks to send a form again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from console.engine import process
from console.engine.errors import PaymentPending
from console.extensions import db
from console.models import CheckoutLock, Order
from console.testing.factories import VISA, Shop
from tests.support.sandboxes import let_delayed_come_due
from tests.support.web.browser import DETAILS, Browser
from tests.support.web.cases import in_case
from tests.support.web.rows import count

POSTS: list[tuple[str, dict[str, Any]]] = [
    ("/cart/add", {"sku": "MUG", "quantity": 1}),
    ("/cart/add", {"sku": "MUG", "quantity": "many"}),
    ("/cart/add", {}),
    ("/cart/change", {"sku": "MUG", "quantity": 0}),
    ("/cart/change", {"sku": "NONE", "quantity": 1}),
    ("/cart/coupon", {"coupon": "NONE"}),
    ("/cart/coupon", {"coupon": "x" * 65}),
    ("/checkout", {**DETAILS}),
    ("/checkout", {}),
    ("/checkout", {"token": "tok_visa"}),
    ("/checkout", {"token": "tok_visa", "method": "card", "expected_total": "1", "checkout": "999"}),
    ("/checkout/resume", {}),
    ("/checkout/resume", {"checkout": "999"}),
    ("/checkout/cancel", {}),
    ("/checkout/cancel", {"checkout": "999"}),
    ("/checkout/return", {"PaRes": "x", "MD": "y"}),
]


@pytest.fixture
def asynchronous(shop: Shop, browser: Browser, tmp_path: Any) -> Browser:
    """Give a browser on the page of a payment that its bank has taken in, whose end nobody has told the page."""
    shop.sell("MUG")
    browser.buy("tok_async")
    browser.follow()
    let_delayed_come_due(f"sqlite:///{tmp_path}/sandbox.sqlite3")
    return browser


def end_it(browser: Browser) -> str:
    """Let the worker bring the browser's checkout to its end; give its order's address."""
    lock = browser.lock()
    with browser.app.app_context():
        order = process(db.session(), db.session.get_one(CheckoutLock, lock.id), payment=VISA)
        return f"/orders/{order.number}"


@pytest.mark.parametrize("path", ["/checkout/resume", "/checkout/cancel"])
def test_what_completed_while_the_page_was_open_leads_to_its_order_by_every_button(
    asynchronous: Browser, path: str
) -> None:
    fields = asynchronous.hidden()
    order = end_it(asynchronous)

    pressed = asynchronous.send(path, checkout=fields["checkout"])
    again = asynchronous.client.post(path, data=fields)

    assert (pressed.status_code, pressed.location, again.location) == (303, order, order)


def lead(browser: Browser, paths: list[str]) -> dict[str, TestResponse]:
    """Open pages, each as if it were the first after what the browser remembers now; give where each leads in the end."""
    kept = browser.client.get_cookie("session")
    assert kept is not None
    led = {}
    for path in paths:
        browser.client.set_cookie("session", kept.value)
        with in_case(path):
            browser.open(path)
            led[path] = browser.follow()
    return led


@pytest.mark.databases("sqlite")
def test_what_completed_while_the_page_was_open_leads_to_its_order_by_every_page(asynchronous: Browser) -> None:
    order = end_it(asynchronous)
    pages = ["/checkout", "/cart", "/checkout/return", "/checkout/resume", "/checkout/cancel"]

    led = lead(asynchronous, pages)

    assert {path: shown.request.path for path, shown in led.items()} == dict.fromkeys(pages, order)
    assert [path for path, shown in led.items() if "your order is placed" not in shown.text] == []


@pytest.mark.databases("sqlite")
def test_who_goes_back_after_the_order_was_shown_comes_to_it_again(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.open(browser.buy().location)
    pages = ["/checkout", "/checkout/return", "/checkout/resume", "/checkout/cancel", "/checkout/status"]

    led = lead(browser, pages)

    words = ("your order is placed", 'href="/checkout">See your order')
    assert [path for path, shown in led.items() if not any(word in shown.text for word in words)] == []


@pytest.mark.parametrize("fields", [DETAILS, {"method": "card", "token": "tok_visa", "expected_total": "1000"}])
def test_a_form_of_a_finished_checkout_leads_to_its_order(
    shop: Shop, session: Session, browser: Browser, fields: dict[str, str]
) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.open("/checkout")
    kept = browser.hidden()
    order = browser.pay().location

    sent = browser.client.post("/checkout", data=kept | fields)

    assert (sent.status_code, sent.location) == (303, order)
    assert count(session, Order) == 1


def test_a_cart_that_another_window_bought_leads_to_its_order_when_it_is_changed(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.open("/checkout")
    kept = browser.client.get_cookie("session")
    assert kept is not None
    order = browser.pay().location
    browser.client.set_cookie("session", kept.value)  # a second window, which the first one's payment told nothing

    browser.send("/cart/coupon", of="/products/MUG", coupon="TEN")
    browser.follow()

    assert browser.page.request.path == order


def test_a_declined_attempt_is_no_longer_the_end_once_the_cart_was_bought(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    declined = browser.buy("tok_declined").location
    browser.start()
    order = browser.pay().location

    back = browser.open(declined)

    assert (back.status_code, back.location) == (303, order)


def come_to(stage: str, app: APIFlask) -> Browser:
    """Give a new browser that has come so far with a mug."""
    browser = Browser(app)
    browser.open("/products/MUG")
    if stage != "nothing":
        browser.put()
    if stage in ("payment", "ordered"):
        browser.start()
    if stage == "ordered":
        browser.pay()
    return browser


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("stage", ["nothing", "cart", "payment", "ordered"])
def test_every_form_ends_in_a_redirect_to_a_page_that_is_there(shop: Shop, app: APIFlask, stage: str) -> None:
    shop.sell("MUG", stock=100)

    for path, fields in POSTS:
        with in_case(path, fields):
            browser = come_to(stage, app)

            sent = browser.send(path, of="/products/MUG", **fields)

            assert sent.status_code == 303
            assert browser.follow().status_code in (200, 404)
            assert browser.page.request.method == "GET"


@pytest.mark.databases("sqlite")
def test_the_address_of_a_form_leads_to_its_page(browser: Browser) -> None:
    pages = {
        "/cart/add": "/cart",
        "/cart/change": "/cart",
        "/cart/coupon": "/cart",
        "/checkout/resume": "/checkout",
        "/checkout/cancel": "/checkout",
    }

    looked = {path: browser.open(path) for path in pages}

    assert {path: (each.status_code, each.location) for path, each in looked.items()} == {
        path: (303, page) for path, page in pages.items()
    }


@pytest.mark.databases("sqlite")
def test_a_defect_of_ours_is_told_on_the_form_s_page(
    shop: Shop, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell("MUG")
    browser.put()
    browser.app.config["PROPAGATE_EXCEPTIONS"] = False
    browser.app.view_functions["storefront.set_coupon"] = lambda: 1 // 0

    sent = browser.send("/cart/coupon", of="/cart", coupon="TEN")

    assert (sent.status_code, sent.location) == (303, "/cart")
    assert "Something went wrong on our side" in browser.follow().text


@pytest.mark.databases("sqlite")
def test_a_body_too_large_for_a_form_is_not_read(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()

    sent = browser.client.post("/cart/add", data={"sku": "MUG", "quantity": "1" * 3_000_000})

    assert (sent.status_code, sent.location) == (303, "/cart?refused=forged")
    assert "Set-Cookie" not in sent.headers


def test_a_payment_that_waits_says_so_and_nothing_is_lost_by_a_second_look(
    shop: Shop, browser_at: Callable[..., Browser]
) -> None:
    shop.sell("MUG")
    browser = browser_at(CHECKOUT_GATEWAY_TIMEOUT="0.2")
    browser.buy("tok_never_answers")

    looks = [browser.open("/checkout").status_code for _ in range(2)]

    assert looks == [200, 200]
    with pytest.raises(PaymentPending):
        end_it(browser)
