"""The catalogue: what is listed, found and shown, and what it costs the database."""

from __future__ import annotations

import re

import pytest

from console.testing.factories import Shop
from console.web.shared.resources import Money
from console.web.storefront.catalogue import PAGE_SIZE
from console.web.storefront.formats import price
from tests.support.web.browser import Browser
from tests.support.web.cases import in_case
from tests.support.web.statements import counted

pytestmark = pytest.mark.databases("sqlite")


def names_on(browser: Browser) -> list[str]:
    return re.findall(r'class="good__name">([^<]+)<', browser.page.text)


@pytest.mark.databases("sqlite", "postgresql")
def test_goods_are_listed_by_name_with_their_prices(shop: Shop, browser: Browser) -> None:
    shop.sell("TEA", name="Tea", price=420)
    shop.sell("CUP", name="Cup", price=1999, stock=3)
    shop.sell("JUG", name="Jug", stock=0)

    page = browser.open("/")

    assert page.status_code == 200
    assert names_on(browser) == ["Cup", "Jug", "Tea"]
    assert "£4.20" in page.text
    assert "Only 3 left" in page.text
    assert "Sold out" in page.text


@pytest.mark.databases("sqlite", "postgresql")
def test_a_search_finds_part_of_a_name(shop: Shop, browser: Browser) -> None:
    shop.sell("TEA", name="Green tea")
    shop.sell("CUP", name="Cup")

    browser.open("/?q=GREEN&utm_source=letter")

    assert names_on(browser) == ["Green tea"]


def test_a_search_without_a_hit_says_so(shop: Shop, browser: Browser) -> None:
    shop.sell("TEA", name="Tea")

    page = browser.open("/?q=100%25")

    assert page.status_code == 200
    assert "Nothing is called that" in page.text


@pytest.mark.databases("sqlite", "postgresql")
def test_each_product_is_on_one_page_of_the_list(shop: Shop, browser: Browser) -> None:
    for number in range(PAGE_SIZE + 3):
        shop.sell(f"SKU-{number:02}", name="The same name")

    browser.open("/")
    seen = re.findall(r'href="/products/([^"]+)"', browser.page.text)
    (following,) = re.findall(r'href="(/\?cursor=[^"]+)" rel="next"', browser.page.text)
    browser.open(following)
    seen += re.findall(r'href="/products/([^"]+)"', browser.page.text)

    assert sorted(seen) == [f"SKU-{number:02}" for number in range(PAGE_SIZE + 3)]
    assert 'rel="next"' not in browser.page.text


def test_an_empty_shop_has_a_page(browser: Browser) -> None:
    page = browser.open("/")

    assert page.status_code == 200
    assert "There is nothing to sell yet." in page.text


HOSTILE = (
    "/?cursor=nonsense",
    "/?cursor=" + "A" * 2000,
    "/?cursor=WyJhIiwgMTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwXQ==",
    "/?q=%00",
    "/?q=" + "x" * 300,
    "/?q=%ff%fe",
    "/?q='%20OR%201=1--",
    "/?q=%25_%5C",
    "/?q[]=1&cursor[]=2",
    "/products/%00",
    "/products/%ff",
    "/products/nothing",
    "/products/../../etc",
    "/products/" + "x" * 3000,
)


@pytest.mark.databases("sqlite", "postgresql")
def test_hostile_addresses_find_nothing(shop: Shop, browser: Browser) -> None:
    shop.sell("MUG")

    for path in HOSTILE:
        with in_case(path):
            assert browser.open(path).status_code in (200, 404, 422)


def test_a_product_is_shown_with_a_form_to_buy_it(shop: Shop, browser: Browser) -> None:
    shop.sell("A/B C", name="<Mug> & more", price=123456)

    page = browser.open("/products/A/B%20C")

    assert page.status_code == 200
    assert "&lt;Mug&gt; &amp; more" in page.text
    assert "£1,234.56" in page.text
    assert browser.hidden()["sku"] == "A/B C"


def test_what_is_sold_out_or_has_no_price_cannot_be_put_into_the_cart(shop: Shop, browser: Browser) -> None:
    shop.sell("JUG", stock=0)
    shop.sell("YEN", currency="JPY")

    for sku in ("JUG", "YEN"):
        assert "/cart/add" not in browser.open(f"/products/{sku}").text


def test_the_list_costs_one_statement_whatever_its_length(shop: Shop, browser: Browser) -> None:
    shop.sell("SKU")
    with counted(browser.app) as short:
        browser.open("/")
    for number in range(20):
        shop.sell(f"SKU-{number}")

    with counted(browser.app) as long:
        browser.open("/")

    assert len(short.statements) == len(long.statements) == 1


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (420, "GBP", "£4.20"),
        (123456789, "GBP", "£1,234,567.89"),
        (1200, "JPY", "JP¥1,200"),
        (5, "KWD", "KWD0.005"),
        (199, "HUF", "HUF1.99"),
        (0, "EUR", "€0.00"),
    ],
)
def test_prices_have_the_decimals_of_their_currency(amount: int, currency: str, written: str) -> None:
    assert price(Money(amount=amount, currency=currency)).replace("\xa0", "") == written
