"""What people do in a browser: fill a cart, check out, sign in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from playwright.sync_api import BrowserContext, Page

from console.testing.factories import ADDRESS
from tests.support.web.console_visits import PASSWORD

Lend = Callable[..., AbstractContextManager[BrowserContext]]  # by what the device is like
Admit = Callable[[BrowserContext, str], None]  # signs a browser in to the console, in a role
Reprice = Callable[[int], None]  # sets the mug's price, in pence


def press(page: Page, button: str) -> None:
    """Press a button that sends a form, and wait for the page that answers: leaving it before would call it back."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def fill_cart(page: Page, *, sku: str = "MUG-01") -> None:
    """Put a product into the cart."""
    page.goto(f"/products/{sku}")
    press(page, "Put into the cart")


def give_details(page: Page, *, email: str = "ada@example.org", opens: bool = True) -> None:
    """Fill in the first page of the checkout, which starts it; the page may be open already."""
    if opens:
        page.goto("/checkout")
    page.fill("#email", email)
    for name in ("first_name", "last_name", "line_one", "city", "postcode"):
        page.fill(f"#{name}", ADDRESS[name])
    page.select_option("#country", ADDRESS["country"])
    press(page, "Go on to payment")


def pay(page: Page, *, card: str) -> None:
    """Choose a test card by its label, and pay."""
    page.get_by_label(card, exact=True).check()
    press(page, "Pay ")


def reference_on(page: Page) -> str:
    """Read the reference that the shopper would read to support."""
    return page.locator(".checkout-status .reference").inner_text()


def sign_in(page: Page, role: str) -> None:
    """Sign in to the console by its form."""
    page.goto("/login")
    page.fill("input[name=email]", f"{role}@example.org")
    page.fill("input[name=password]", PASSWORD)
    press(page, "Sign in")
