"""The status widget: what it shows, when it stops asking, and the same facts for programs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from console.engine import cancel
from console.engine.driving.expiry import expire_due
from console.extensions import db
from console.testing.factories import Shop, make_due
from console.web.shared.progress import progress
from console.web.shared.resources import StatusAnswer
from tests.support.web.browser import Browser
from tests.support.web.cases import in_case
from tests.support.web.statements import counted

pytestmark = pytest.mark.databases("sqlite")

WIDGET = {"headers": {"HX-Request": "true"}}


def test_without_a_cart_there_is_nothing_to_poll(browser: Browser) -> None:
    widget = browser.open("/checkout/status", **WIDGET)

    assert widget.status_code == 286
    assert "There is no cart yet." in widget.text
    assert browser.status()["locked"] is False


def test_programs_get_the_api_s_facts(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()

    facts = browser.status()

    lock = browser.lock()
    assert set(facts) == set(StatusAnswer.model_fields)
    assert (facts["locked"], facts["can_resume"], facts["can_checkout"]) == (True, True, False)
    assert (facts["lock_id"], facts["reference"], facts["state_name"]) == (lock.id, lock.reference, "Pending")


def test_a_live_checkout_s_widget_asks_for_itself_again(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()

    widget = browser.open("/checkout/status", **WIDGET)

    assert widget.status_code == 200
    assert 'hx-get="/checkout/status" hx-trigger="every 5s"' in widget.text
    assert "<html" not in widget.text
    assert browser.lock().reference in widget.text
    assert re.search(r'data-seconds-left="8\d\d">14m \d+s</span> left', widget.text)
    assert widget.text.count("checkout-status__phase ") == 7
    assert widget.text.count('aria-current="step"') == 1
    assert 'href="/checkout">Resume' in widget.text


def test_on_the_checkout_s_own_page_the_widget_offers_no_way_to_it(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.open("/checkout")
    (polled,) = re.findall(r'hx-get="([^"]+)"', browser.page.text)

    widget = browser.open(polled, **WIDGET)

    assert "Resume" not in widget.text
    assert polled in widget.text


def test_people_get_a_whole_page(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()

    page = browser.open("/checkout/status")

    assert page.status_code == 200
    assert "<html" in page.text
    assert {"Accept", "HX-Request", "Cookie"} <= set(page.vary.as_set(preserve_casing=True))


def test_the_widget_stops_at_the_end_and_says_where_it_stopped(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.buy("tok_declined")

    widget = browser.open("/checkout/status", **WIDGET)

    assert widget.status_code == 286
    assert "hx-get" not in widget.text
    assert "stopped here" in widget.text
    assert 'href="/cart">Back to the cart' in widget.text
    assert "left</span>" not in widget.text


def test_the_widget_goes_on_asking_when_the_time_ran_out_until_the_end(
    shop: Shop, session: Session, browser: Browser
) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    session.commit()
    make_due(session, browser.lock())
    browser.app.extensions["checkout_status_cache"].drop(None, cart_id=browser.cart().id)

    due = browser.open("/checkout/status", **WIDGET)
    with browser.app.app_context():
        expire_due(db.session())
    swept = browser.open("/checkout/status", **WIDGET)

    assert (due.status_code, swept.status_code) == (200, 286)
    assert 'hx-trigger="every 15s"' in due.text  # a sweep may take minutes
    assert "The time for this checkout ran out." in due.text
    assert 'data-stage="pending due"' in due.text
    assert 'data-stage="failed"' in swept.text


def test_a_change_from_elsewhere_is_seen_at_once(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()
    browser.open("/checkout/status", **WIDGET)
    lock = browser.lock()
    with browser.app.app_context():
        cancel(db.session(), lock)

    widget = browser.open("/checkout/status", **WIDGET)

    assert widget.status_code == 286
    assert browser.status()["state"] == "failed"


def test_a_bought_cart_s_widget_leads_to_the_order(shop: Shop, browser_at: Callable[..., Browser]) -> None:
    shop.sell("MUG")
    browser = browser_at()
    browser.put()
    browser.start()
    kept = browser.client.get_cookie("session")
    assert kept is not None
    paid = browser.pay()
    browser.client.set_cookie("session", kept.value)  # a second window, which the first one's payment told nothing

    widget = browser.open("/checkout/status", **WIDGET)
    looked = browser.open("/checkout")

    assert widget.status_code == 286
    assert 'href="/checkout">See your order' in widget.text
    assert looked.location == paid.location


def test_a_poll_costs_one_statement_and_the_next_none(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()
    browser.start()

    with counted(browser.app) as first:
        browser.open("/checkout/status", **WIDGET)
    with counted(browser.app) as second:
        browser.open("/checkout/status", **WIDGET)

    assert (len(first.statements), len(second.statements)) == (1, 0)


def test_hostile_queries_change_nothing(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()

    for query in ("on=%00", "on=" + "x" * 5000, "on[]=checkout", "lock_id=1"):
        with in_case(query):
            assert browser.open(f"/checkout/status?{query}", **WIDGET).status_code == 286


@pytest.mark.parametrize(
    ("state", "phase", "marks"),
    [
        ("pending", None, "current" + " ahead" * 6),
        ("locking_prices", "price_lock", "done done done current" + " ahead" * 3),
        ("authorizing", "payment_authorization", "done done done current ahead ahead ahead"),
        ("capturing", "payment_capture", "done done done done done current ahead"),
        ("completed", "stock_commit", " ".join(["done"] * 7)),
        ("rolling_back", "payment_authorization", "done done done stopped ahead ahead ahead"),
        ("failed", None, "stopped" + " ahead" * 6),
    ],
)
def test_seven_phases_are_marked(state: str, phase: str | None, marks: str) -> None:
    shown = progress({"state": state, "phase": phase})

    assert " ".join(each.mark for each in shown) == marks
    assert len({each.name for each in shown}) == 7


def test_before_the_payment_nothing_is_said_to_go_on_now() -> None:
    words = {
        state: [each.word for each in progress({"state": state, "phase": None})] for state in ("pending", "failed")
    }

    assert words["pending"] == ["next"] + ["to come"] * 6
    assert words["failed"] == ["stopped here"] + ["not reached"] * 6
