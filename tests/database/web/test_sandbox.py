"""The sandbox's 3-D Secure page, and the shopper's way there and back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from apiflask import APIFlask
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine.care.invariants import check_all
from console.models import CheckoutLock, Order, PaymentOperation
from console.models.types import clock
from console.testing.factories import Shop, make_due
from tests.support.engine.rows import read_now
from tests.support.web.browser import Browser
from tests.support.web.cases import in_case

pytestmark = pytest.mark.databases("sqlite")

PAGE = re.compile(r'href="(/sandbox/3ds/[^"]+)"')


@pytest.fixture
def browser(app: APIFlask, shop: Shop) -> Browser:
    """Give a browser whose shopper is to confirm the payment of a mug."""
    shop.sell("MUG", price=1000)
    browser = Browser(app)
    assert browser.buy("tok_3ds").location == "/checkout"
    return browser


def to_the_bank(browser: Browser) -> str:
    """Follow the checkout's link to the bank; give the page's address."""
    found = PAGE.search(browser.open("/checkout").text)
    assert found, browser.page.text
    assert browser.open(found[1]).status_code == 200
    return found[1]


def decide(browser: Browser, decision: str) -> str:
    """Decide on the page that is shown; give the address of the way back."""
    sent = browser.send(to_the_bank(browser), decision=decision)
    assert sent.status_code == 303
    assert sent.location.startswith(f"/checkout/return?checkout={browser.lock().reference}.")
    return sent.location


def test_the_page_says_who_wants_how_much(browser: Browser) -> None:
    to_the_bank(browser)

    assert "The Corner Shop" in browser.page.text
    assert "£10.00" in browser.page.text
    assert browser.lock().reference in browser.page.text
    assert browser.page.headers["Cache-Control"] == "no-store"
    first, second = re.findall(r'<button[^>]* value="(\w+)"', browser.page.text)
    assert (first, second) == ("refuse", "approve")


def test_an_approved_payment_leads_back_to_the_order(browser: Browser, session: Session) -> None:
    returned = browser.open(decide(browser, "approve"))

    assert returned.status_code == 303
    assert "your order is placed" in browser.open(returned.location).text
    assert read_now(session, Order).status == "paid"
    assert check_all(session) == []


def test_a_shopper_who_is_back_while_the_webhook_drives_waits_their_turn(browser: Browser, session: Session) -> None:
    back = decide(browser, "approve")
    reference = browser.lock().reference
    driven = update(CheckoutLock).values(lease_owner="the webhook", lease_until=clock(1.5))
    session.commit()
    session.execute(driven)
    session.commit()

    returned = browser.open(back)

    assert (returned.status_code, returned.location) == (303, f"/orders/O-{reference}")


def test_a_refused_payment_leads_back_to_the_cart_as_it_was(browser: Browser, session: Session) -> None:
    browser.open(decide(browser, "refuse"))

    assert "Nothing was charged. Your cart is as it was." in browser.follow().text
    assert read_now(session, CheckoutLock).outcome == "declined"
    assert check_all(session) == []


def test_coming_back_without_a_word_to_the_bank_shows_the_way_there_again(browser: Browser) -> None:
    browser.open("/checkout/return")

    assert PAGE.search(browser.follow().text)


@pytest.mark.parametrize("decisions", [("approve", "refuse"), ("refuse", "approve")])
def test_deciding_twice_is_harmless(browser: Browser, session: Session, decisions: tuple[str, str]) -> None:
    path = to_the_bank(browser)
    token = browser.hidden()["csrf_token"]

    answers = [browser.client.post(path, data={"csrf_token": token, "decision": each}) for each in decisions]
    browser.open("/checkout/return")

    assert [answer.status_code for answer in answers] == [303, 303]
    expected = "succeeded" if decisions[0] == "approve" else "refused"
    assert read_now(session, PaymentOperation, kind="authorize").status == expected
    word = "approved" if decisions[0] == "approve" else "refused"
    assert f"You have {word} this payment" in browser.open(path).text
    assert "<form" not in browser.page.text


def test_a_payment_that_was_cancelled_is_politely_no_longer_wanted(browser: Browser, session: Session) -> None:
    path = to_the_bank(browser)
    token = browser.hidden()["csrf_token"]
    browser.send("/checkout/cancel", of="/checkout")

    looked = browser.open(path)
    browser.page = browser.client.post(path, data={"csrf_token": token, "decision": "approve"})
    decided = browser.follow()

    for page in (looked, decided):
        assert page.status_code == 410
        assert "no longer wanted" in page.text
        assert "Nothing was charged." in page.text
    assert read_now(session, CheckoutLock).state == "failed"
    assert check_all(session) == []


def test_an_approval_after_the_time_ran_out_is_given_back(browser: Browser, session: Session) -> None:
    back = decide(browser, "approve")
    session.commit()
    make_due(session, browser.lock())

    browser.open(back)

    assert "The time ran out" in browser.follow().text
    lock = read_now(session, CheckoutLock)
    assert (lock.state, lock.outcome) == ("failed", "expired")
    assert check_all(session) == []


def test_a_word_without_the_page_s_token_is_refused(browser: Browser, session: Session) -> None:
    path = to_the_bank(browser)

    browser.page = browser.client.post(path, data={"decision": "approve"})
    asked = browser.follow().text

    assert "This was not sent from a page of ours" in asked
    assert "Is it you who pays?" in asked


def test_a_word_that_is_none_is_refused(browser: Browser) -> None:
    path = to_the_bank(browser)

    for decision in ("", "perhaps", "\x00"):
        with in_case(decision):
            sent = browser.send(path, of=path, decision=decision)

            assert (sent.status_code, sent.location) == (303, path)
            assert "Is it you who pays?" in browser.follow().text


def test_a_page_that_nobody_was_sent_to_is_not_there(app: APIFlask) -> None:
    for name in ("nothing", "%00", "x" * 500):
        with in_case(name):
            assert Browser(app).open(f"/sandbox/3ds/{name}").status_code == 404


def test_only_a_shop_that_pays_by_the_sandbox_has_the_page(browser_at: Callable[..., Browser]) -> None:
    browser = browser_at(CHECKOUT_PAYMENT_GATEWAY="console.testing.scripted:ScriptedGateway")

    assert [rule for rule in browser.app.url_map.iter_rules() if rule.rule.startswith("/sandbox")] == []


def test_a_ledger_out_of_reach_is_explained(browser_at: Callable[..., Browser]) -> None:
    browser = browser_at(SANDBOX_GATEWAY_DATABASE_URL="postgresql://postgres@127.0.0.1:1/nowhere")

    page = browser.open("/sandbox/3ds/any")

    assert page.status_code == 503
    assert "Nothing was charged" in page.text


def test_the_cart_shows_that_the_bank_is_waited_for_and_the_way_there(browser: Browser) -> None:
    cart = browser.open("/cart").text

    assert "Waiting for you to confirm the payment with your bank." in cart
    assert PAGE.search(cart)
    assert browser.status()["next_action"]["url"].startswith("http://127.0.0.1:8000/sandbox/3ds/")


def test_a_capture_under_way_at_the_bank_is_explained(app: APIFlask, shop: Shop) -> None:
    shop.sell("MUG")
    browser = Browser(app)

    waiting = browser.buy("tok_async")

    assert waiting.location == "/checkout"
    assert "Your bank has taken the payment in" in browser.follow().text
    assert "Waiting for your bank" in browser.open("/cart").text
