"""Orders: for the browser that made them, and nobody else."""

from __future__ import annotations

import pytest

from console.testing.factories import Shop
from tests.support.web.browser import Browser
from tests.support.web.cases import in_case
from tests.support.web.statements import counted

pytestmark = pytest.mark.databases("sqlite")


def test_an_order_stays_with_the_browser_that_made_it(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG", name="Speckled mug")
    first = browser.buy().location
    second = browser.buy().location

    for path in (first, second):
        assert "Speckled mug" in browser.open(path).text


def test_an_order_of_somebody_else_is_not_there(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    path = browser.buy().location

    for other in (Browser(browser.app), Browser(browser.app)):
        other.put()
        refused = other.open(path)

        assert refused.status_code == 404
        assert "Ada" not in refused.text


@pytest.mark.databases("sqlite", "postgresql")
def test_hostile_numbers_are_not_found(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")
    browser.put()

    for number in ("%00", "x" * 3000, "'%20OR%201=1", "%ff", "../../admin", "1%2F2"):
        with in_case(number):
            assert browser.open(f"/orders/{number}").status_code == 404


def test_an_order_costs_the_same_for_one_line_as_for_ten(shop: Shop, browser: Browser) -> None:
    for number in range(10):
        shop.sell(f"SKU-{number}")
    small = browser.buy(sku="SKU-0").location
    for number in range(9):
        browser.put(f"SKU-{number}")
    large = browser.buy(sku="SKU-9").location

    costs = []
    for path in (small, large):
        with counted(browser.app) as cost:
            browser.open(path)
        costs.append(len(cost.statements))

    assert costs == [2, 2]
