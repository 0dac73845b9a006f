"""What shoppers do besides walking straight through: reload, go back, wait an hour, come back in another browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from playwright.sync_api import BrowserContext, Page, Route, expect

from console.return_address import return_address
from tests.support.installation import SECRET_KEY
from tests.support.web.visits import Lend, Reprice, fill_cart, give_details, pay, reference_on

PLACED = re.compile("your order is placed", re.IGNORECASE)
BANK = "http://bank.test/"
TWO_HOURS = 2 * 3600


@pytest.fixture
def other(lend: Lend) -> Iterator[BrowserContext]:
    """Give the shopper another browser, as a bank's app opens one: it has no cookies, and no JavaScript."""
    with lend(java_script_enabled=False) as context:
        yield context


class _Slow(TimestampSigner):
    """Signs as if it were two hours ago."""

    def get_timestamp(self) -> int:
        return int(time.time()) - TWO_HOURS


def age_form(page: Page) -> None:
    """Let the page's form be one that was opened two hours ago."""
    field = page.locator("form.form input[name=csrf_token]")
    salt = {"secret_key": SECRET_KEY, "salt": "wtf-csrf-token"}
    visit = URLSafeTimedSerializer(**salt).loads(field.input_value())
    field.evaluate(
        "(field, token) => { field.value = token }", URLSafeTimedSerializer(**salt, signer=_Slow).dumps(visit)
    )


def reload_quietly(page: Page) -> None:
    """Reload a page as a browser does, and see that it asks for nothing to be sent again."""
    page.wait_for_load_state()  # Chromium does not reload a page that is only just arriving
    with page.expect_request(lambda request: request.is_navigation_request()) as reloaded:
        page.reload()
    assert reloaded.value.method == "GET"


def leave_from(page: Page, *, action: str, **fields: str) -> None:
    """Go to another site's page, and send its form from there."""
    inputs = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items())
    html = f'<form method="post" action="{action}">{inputs}<button>Go on</button></form>'

    def serve(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html")

    page.route(BANK, serve)
    page.goto(BANK)
    page.get_by_role("button", name="Go on").click()


def ask_until_placed(page: Page) -> None:
    """Press the page's own button until the bank, which takes two seconds, has done it."""
    while page.get_by_role("button", name="Ask again").count():
        page.get_by_role("button", name="Ask again").click()


def test_the_total_that_was_shown_is_the_one_that_is_paid(shopper: BrowserContext, reprice: Reprice) -> None:
    page = shopper.new_page()
    fill_cart(page)
    give_details(page)
    shown = page.get_by_role("button", name="Pay ").inner_text()
    reprice(1950)

    pay(page, card="Approve the payment")

    expect(page.get_by_role("heading", name="The price has changed")).to_be_visible()
    expect(page.get_by_role("row", name="Speckled mug")).to_contain_text("£19.50")
    expect(page.get_by_role("row", name="Total", exact=False).last).to_contain_text(shown.removeprefix("Pay "))
    reload_quietly(page)
    asked = page.get_by_role("button", name="Pay ").inner_text()
    assert asked != shown
    page.get_by_role("button", name="Pay ").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(PLACED)
    expect(page.locator(".totals__whole")).to_contain_text(asked.removeprefix("Pay "))


def test_ask_again_on_a_payment_that_is_done_leads_to_its_order(shopper: BrowserContext) -> None:
    page, other = shopper.new_page(), shopper.new_page()
    fill_cart(page)
    give_details(page)
    pay(page, card="Authorize, and take the money two seconds later")
    expect(page.get_by_role("button", name="Ask again")).to_be_visible()
    other.goto("/checkout")
    ask_until_placed(other)

    page.get_by_role("button", name="Ask again").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(PLACED)
    order = page.url
    for path in ("/checkout", "/checkout/cancel", "/checkout/resume", "/checkout/return"):
        page.goto(path)
        expect(page).to_have_url(order)
    page.goto("/cart")
    page.get_by_role("link", name="See your order").click()
    expect(page).to_have_url(order)


def test_going_back_and_reloading_never_asks_to_send_a_form_again(shopper: BrowserContext) -> None:
    page = shopper.new_page()
    fill_cart(page)
    reload_quietly(page)
    give_details(page)
    reload_quietly(page)
    pay(page, card="Decline the card")
    expect(page.get_by_role("heading", level=1)).to_have_text("The payment was declined")
    reload_quietly(page)
    page.get_by_role("link", name="Try again").click()
    give_details(page)
    pay(page, card="Approve the payment")
    expect(page.get_by_role("heading", level=1)).to_have_text(PLACED)
    reload_quietly(page)

    order = page.url
    page.go_back()

    expect(page).to_have_url(order)


def test_an_address_form_with_a_mistake_keeps_what_was_typed(shopper: BrowserContext) -> None:
    page = shopper.new_page()
    fill_cart(page)
    give_details(page, email="ada at example")

    expect(page.get_by_text("Enter an e-mail address")).to_be_visible()
    reload_quietly(page)
    expect(page.locator("#email")).to_have_value("ada at example")
    expect(page.locator("#line_one")).to_have_value("12 St James's Square")
    page.fill("#email", "ada@example.org")
    page.get_by_role("button", name="Go on to payment").click()
    expect(page.get_by_role("button", name="Pay ")).to_be_visible()


def test_an_address_form_that_was_open_for_two_hours_works_at_the_second_press(shopper: BrowserContext) -> None:
    page = shopper.new_page()
    fill_cart(page)
    page.goto("/checkout")
    age_form(page)
    give_details(page, opens=False)

    expect(page.get_by_text("open for more than an hour")).to_be_visible()
    expect(page.locator("#line_one")).to_have_value("12 St James's Square")
    page.get_by_role("button", name="Go on to payment").click()
    expect(page.get_by_role("button", name="Pay ")).to_be_visible()


def test_another_site_s_form_changes_nothing_and_the_cart_stays(shopper: BrowserContext, address: str) -> None:
    page = shopper.new_page()
    fill_cart(page)

    leave_from(page, action=f"{address}/cart/add", sku="MUG-02", quantity="5")

    expect(page.get_by_text("not sent from a page of ours")).to_be_visible()
    page.goto("/cart")
    expect(page.get_by_role("link", name="Speckled mug").first).to_be_visible()
    expect(page.locator(".shop-head__count")).to_contain_text("1")


def test_a_bank_that_is_left_in_another_browser_leaves_both_knowing(
    shopper: BrowserContext, other: BrowserContext, address: str
) -> None:
    page = shopper.new_page()
    fill_cart(page)
    give_details(page)
    pay(page, card="Ask your bank first (3-D Secure)")
    bank = page.get_by_role("link", name="Go to your bank").get_attribute("href")
    back = return_address(reference_on(page), public_url=address, secret_key=SECRET_KEY)
    app = other.new_page()

    app.goto(str(bank))
    app.get_by_role("button", name="Approve").click()

    expect(app.get_by_role("heading", level=1)).to_have_text("Your order is placed")
    expect(app.locator("main")).not_to_contain_text("Ada")
    reload_quietly(app)
    leave_from(page, action=back, PaRes="x", MD="y")
    expect(page.get_by_role("heading", level=1)).to_have_text(PLACED)
    expect(page.locator("main")).to_contain_text("Ada")
