"""A shopper with a phone buys, is declined, gets stuck; support finds the checkout by its reference and releases it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.web.visits import Admit, fill_cart, give_details, pay, reference_on, sign_in


def test_a_shopper_buys_something(shopper: BrowserContext) -> None:
    page = shopper.new_page()
    fill_cart(page)
    give_details(page)

    pay(page, card="Approve the payment")

    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("your order is placed"))
    page.goto("/cart")
    expect(page.get_by_text("Speckled mug")).to_have_count(0)


def test_a_declined_card_leaves_the_cart_to_try_again(shopper: BrowserContext) -> None:
    page = shopper.new_page()
    fill_cart(page)
    give_details(page)

    pay(page, card="Decline the card")

    expect(page.get_by_text("Nothing was charged.")).to_be_visible()
    page.get_by_role("link", name="Try again").click()
    give_details(page)
    pay(page, card="Approve the payment")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("your order is placed"))


def test_a_shopper_whose_bank_asks_first_goes_there_and_comes_back(shopper: BrowserContext) -> None:
    page = shopper.new_page()
    fill_cart(page)
    give_details(page)
    pay(page, card="Ask your bank first (3-D Secure)")

    page.goto("/cart")
    page.get_by_role("link", name="Go to your bank").click()
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("your order is placed"))


def test_a_stuck_checkout_is_found_by_its_reference_and_released(
    shopper: BrowserContext, support: BrowserContext
) -> None:
    page, console = shopper.new_page(), support.new_page()
    fill_cart(page)
    give_details(page)
    pay(page, card="Never answer: the checkout hangs in doubt")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your payment is not decided yet")
    reference = reference_on(page)

    console.goto("/admin/")
    console.fill("header input[type=search]", reference.lower().replace("-", " "))
    console.get_by_role("button", name="Find").click()
    expect(console.get_by_role("heading", level=1)).to_have_text(reference)
    console.get_by_role("link", name="Release").click()
    expect(console.get_by_role("heading", name="What will happen")).to_be_visible()
    console.fill("#reason", "The shopper phoned.")
    console.get_by_role("button", name="Release this checkout").click()

    expect(console.get_by_role("heading", level=1)).to_have_text(reference)
    expect(console.get_by_text("Rolling Back").first).to_be_visible()
    page.goto("/cart")
    expect(page.get_by_role("link", name="Go to checkout")).to_be_visible()


def test_a_held_cart_is_read_only_until_its_checkout_is_cancelled(shopper: BrowserContext) -> None:
    page = shopper.new_page()
    fill_cart(page)
    give_details(page)

    page.goto("/cart")
    expect(page.get_by_role("button", name="Change")).to_have_count(0)
    page.get_by_role("button", name="Cancel checkout").click()

    page.goto("/cart")
    expect(page.get_by_role("button", name="Change")).to_be_visible()


def test_signing_in_to_the_console_leaves_the_cart_alone(shopper: BrowserContext) -> None:
    page = shopper.new_page()
    fill_cart(page)

    sign_in(page, "support")

    page.goto("/cart")
    expect(page.get_by_role("link", name="Speckled mug").first).to_be_visible()


def test_the_widget_counts_down(shopper: BrowserContext) -> None:
    page = shopper.new_page()
    fill_cart(page)
    give_details(page)

    left = page.locator("[data-seconds-left]")

    expect(left).to_be_visible()
    expect(page.locator("[aria-current=step]")).to_have_count(1)


@pytest.mark.parametrize("path", ["/admin/", "/admin/orders/", "/admin/checkout-locks/"])
def test_a_page_of_the_console_runs_clean_under_its_policy(desktop: BrowserContext, admit: Admit, path: str) -> None:
    page = desktop.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    admit(desktop, "viewer")
    page.goto(path)
    page.wait_for_load_state("networkidle")

    assert complaints == []
