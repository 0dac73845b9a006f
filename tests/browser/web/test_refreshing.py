"""What is shown moves with what it shows, in the shop and in the console; the keyboard's focus stays where it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.web.visits import Admit, fill_cart, give_details, pay, press, reference_on

A_POLL_MS = 6_000
STATUS = re.compile("/status")
PAY = re.compile("^Pay ")


def on_our_clock(browser: Browser, **kind: Any) -> Iterator[BrowserContext]:
    """Give somebody a new device whose clock the test may put forward; such a clock stays with its device."""
    context = browser.new_context(**kind)
    context.clock.install()
    yield context
    context.close()


@pytest.fixture
def scripted(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """Give somebody a desktop with JavaScript, on the test's clock."""
    yield from on_our_clock(browser, base_url=address)


@pytest.fixture
def timed_shopper(browser: Browser, address: str, phone: dict[str, Any]) -> Iterator[BrowserContext]:
    """Give a shopper a phone, on the test's clock."""
    yield from on_our_clock(browser, base_url=address, **phone)


def let_it_ask(page: Page) -> None:
    """Let the time of a poll pass, and its answer be shown."""
    with page.expect_response(STATUS):
        page.clock.run_for(A_POLL_MS)


def start_checkout(page: Page) -> str:
    fill_cart(page)
    give_details(page)
    page.wait_for_load_state()  # only then does the page know when to ask
    return reference_on(page)


def release(page: Page, reference: str) -> None:
    """Release a checkout, as support does."""
    page.goto(f"/admin/checkout-locks/?q={reference}")
    page.get_by_role("link", name="Release").click()
    page.fill("#reason", "an internal matter")
    press(page, "Release this checkout")


def test_a_payment_page_moves_on_with_its_checkout(timed_shopper: BrowserContext, support: BrowserContext) -> None:
    page, console = timed_shopper.new_page(), support.new_page()
    reference = start_checkout(page)
    release(console, reference)

    look_again = page.get_by_role("link", name="Look again")
    if look_again.is_visible():  # without scripts
        look_again.click()
    else:
        page.clock.run_for(A_POLL_MS)

    expect(page.get_by_role("button", name="Go on to payment")).to_be_visible()
    expect(page.get_by_role("button", name=PAY)).to_have_count(0)


def test_who_is_filling_in_the_payment_is_told_and_cannot_send_it(
    scripted: BrowserContext, support: BrowserContext
) -> None:
    page, console = scripted.new_page(), support.new_page()
    reference = start_checkout(page)
    page.get_by_label("Decline the card", exact=True).focus()
    release(console, reference)

    let_it_ask(page)

    expect(page.get_by_role("alert")).to_have_text("This checkout has moved on. See how it stands")
    expect(page.get_by_label("Decline the card", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name=PAY)).to_be_disabled()
    page.get_by_role("link", name="See how it stands").click()
    expect(page.get_by_role("button", name="Go on to payment")).to_be_visible()


def test_a_refresh_leaves_the_focus_where_it_was(scripted: BrowserContext) -> None:
    page = scripted.new_page()
    start_checkout(page)
    page.goto("/cart")
    resume = page.get_by_role("link", name="Resume")
    resume.focus()

    let_it_ask(page)

    expect(resume).to_be_focused()


def test_a_widget_that_cannot_be_refreshed_says_since_when_it_is_old(scripted: BrowserContext) -> None:
    page = scripted.new_page()
    start_checkout(page)
    age = page.get_by_text(re.compile(r"As of .*; it could not be refreshed since\."))

    page.route(STATUS, lambda route: route.abort())
    with page.expect_request(STATUS):
        page.clock.run_for(A_POLL_MS)
    expect(age).to_be_visible()
    page.unroute(STATUS)
    page.route(STATUS, lambda route: route.fulfill(status=503))
    let_it_ask(page)
    expect(age).to_have_count(1)
    page.unroute(STATUS)
    let_it_ask(page)

    expect(age).to_have_count(0)


def test_a_panel_that_cannot_be_refreshed_says_since_when_it_is_old(scripted: BrowserContext, admit: Admit) -> None:
    page = scripted.new_page()
    admit(scripted, "viewer")
    page.goto("/admin/")

    page.route(re.compile("/panels/"), lambda route: route.fulfill(status=503))
    with page.expect_request(re.compile("/panels/")):
        page.clock.run_for(A_POLL_MS)

    expect(page.locator("#panel-pipeline .age")).to_have_text(re.compile("^As of "))


def test_the_console_s_page_moves_as_one(scripted: BrowserContext, shopper: BrowserContext, admit: Admit) -> None:
    page, buying = scripted.new_page(), shopper.new_page()
    reference = start_checkout(buying)
    admit(scripted, "support")
    page.goto(f"/admin/checkout-locks/?q={reference}")
    kept = page.get_by_role("link", name="Download as JSON")
    kept.focus()
    expect(page.get_by_text("has not paid yet")).to_be_visible()

    pay(buying, card="Approve the payment")
    expect(buying.get_by_role("heading", level=1)).to_have_text(re.compile("your order is placed"))
    let_it_ask(page)

    expect(page.locator(".heading .state-badge")).to_have_text("Completed")
    expect(page.locator(".story")).to_contain_text("It was bought just now.")
    expect(page.get_by_role("link", name="Release")).to_have_count(0)
    expect(page.locator(".checkout-status")).to_contain_text("The order is placed.")
    expect(page.get_by_role("rowheader", name="Capture", exact=True)).to_be_visible()
    expect(kept).to_be_focused()


def test_the_console_s_page_says_when_it_was_so_where_it_does_not_move(
    support: BrowserContext, shopper: BrowserContext
) -> None:
    console, buying = support.new_page(), shopper.new_page()
    reference = start_checkout(buying)
    console.goto(f"/admin/checkout-locks/?q={reference}")
    pay(buying, card="Approve the payment")

    expect(console.get_by_text(re.compile("As of .* UTC"))).to_be_visible()
    console.get_by_role("link", name="Look again").click()

    expect(console.locator(".heading .state-badge")).to_have_text("Completed")
