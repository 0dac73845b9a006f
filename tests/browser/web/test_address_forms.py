"""The form for an address follows its country at once where there is JavaScript, and by a button where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.countries import as_different_as_can_be, needed, needing, written_parts
from tests.support.web.visits import fill_cart, press


@pytest.fixture
def details(shopper: BrowserContext) -> Page:
    """Open the form for the details."""
    page = shopper.new_page()
    fill_cart(page)
    page.goto("/checkout")
    return page


@pytest.fixture
def scripted(browser: Browser, address: str) -> Iterator[Page]:
    """Open the form for the details where there is JavaScript."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    fill_cart(page)
    page.goto("/checkout")
    yield page
    context.close()


def shown(page: Page) -> dict[str, str]:
    """Read the parts that can be seen, with their labels, from top to bottom."""
    fields = page.locator("[data-address]").first.locator("[data-part]:visible")
    return {field.get_attribute("data-part") or "": field.locator("label").inner_text() for field in fields.all()}


def choose(page: Page, country: str) -> None:
    """Choose a country, and press the button for its fields where there is one."""
    page.select_option("#country", country)
    if page.locator(".without-script").count():
        press(page, "Update the fields")


def test_the_fields_follow_the_country_and_what_was_typed_stays(details: Page) -> None:
    full, sparse = needing("city", "state", "postcode"), needing()
    choose(details, full)
    details.fill("#first_name", "Augusta")
    details.fill("#postcode", "90210")

    choose(details, sparse)
    assert set(shown(details)) == set(written_parts(sparse))
    choose(details, full)

    assert list(shown(details)) == written_parts(full)
    expect(details.locator("#first_name")).to_have_value("Augusta")
    expect(details.locator("#postcode")).to_have_value("90210")


def test_enter_goes_on_and_what_is_missing_is_marked(details: Page) -> None:
    country = needing("city", "postcode")
    choose(details, country)

    with details.expect_navigation():
        details.locator("#first_name").press("Enter")

    assert details.locator("[data-part] [aria-invalid]:visible").count() == len(needed(country))


def test_a_script_shows_every_kind_of_country_as_the_server_does(scripted: Page) -> None:
    for country in as_different_as_can_be():
        choose(scripted, country)

        labels = shown(scripted)
        assert list(labels) == written_parts(country)
        assert {name for name, label in labels.items() if not label.endswith(" (optional)")} == needed(country)
        assert {name for name in labels if scripted.locator(f"#{name}").evaluate("input => input.required")} == needed(
            country
        )


def test_a_mistake_by_the_rule_of_one_country_is_none_by_another_s(scripted: Page) -> None:
    choose(scripted, needing("city", "postcode"))
    press(scripted, "Go on to payment")
    assert scripted.locator("[data-part] .field__error:visible").count() > 0

    choose(scripted, needing("city", "state", "postcode"))

    assert scripted.locator("[data-part] .field__error:visible").count() == 0
    assert scripted.locator("[data-part] [aria-invalid]:visible").count() == 0
