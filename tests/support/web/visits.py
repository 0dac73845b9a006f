"""What people do in a browser: fill a cart, check out, sign in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from playwright.sync_api import Page

from console.testing.factories import ADDRESS
from tests.support.web.console_visits import PASSWORD

_HOSTS = count(1)
Reprice = Callable[[int], None]  # sets the mug's price, in pence


def fill_cart(page: Page, *, sku: str = "MUG-01") -> None:
    """Put a product into the cart."""
    page.goto(f"/products/{sku}")
    page.get_by_role("button", name="Put into the cart").click()


def give_details(page: Page, *, email: str = "ada@example.org", opens: bool = True) -> None:
    """Fill in the first page of the checkout, which starts it; the page may be open already."""
    if opens:
        page.goto("/checkout")
    page.fill("#email", email)
    for name in ("first_name", "last_name", "line_one", "city", "postcode"):
        page.fill(f"#{name}", ADDRESS[name])
    page.select_option("#country", ADDRESS["country"])
    page.get_by_role("button", name="Go on to payment").click()


def pay(page: Page, *, card: str) -> None:
    """Choose a test card by its label, and pay."""
    page.get_by_label(card, exact=True).check()
    page.get_by_role("button", name="Pay ").click()


def reference_on(page: Page) -> str:
    """Read the reference that the shopper would read to support."""
    return page.locator(".checkout-status .reference").inner_text()


def sign_in(page: Page, role: str) -> None:
    """Sign in to the console, each time from another address: an address has ten tries a minute."""
    page.set_extra_http_headers({"X-Forwarded-For": f"10.0.0.{next(_HOSTS)}"})
    page.goto("/login")
    page.fill("input[name=email]", f"{role}@example.org")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
