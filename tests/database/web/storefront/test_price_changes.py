"""The total that was shown: the shop never charges another one, and asks anew with old and new, line by line."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from console.engine.care.invariants import check_all
from console.models import Coupon, Order, PaymentOperation, ShippingMethod, TaxRate, Variant
from console.models.vocabulary import CouponKind
from console.testing.factories import Shop
from tests.support.engine.merchant import add
from tests.support.web.browser import Browser
from tests.support.web.cases import in_case
from tests.support.web.rows import count, edit

pytestmark = pytest.mark.databases("sqlite")

ROW = re.compile(r'<tr[^>]*><th scope="row">([^<]+)</th><td><s>([^<]+)</s></td><td>([^<]+)</td></tr>')


def reprice(shop: Shop, mug: Variant, price: int) -> None:
    """Change today's price; what the session has read before is over then."""
    shop.session.commit()
    shop.reprice(mug, price)


def pay_as_shown(browser: Browser, *, shown: dict[str, str]) -> None:
    """Press the button of a payment page that was opened before, and go where that leads."""
    browser.send("/checkout", **shown | {"method": "card", "token": "tok_visa"})
    browser.follow()


@pytest.fixture
def mug(shop: Shop) -> Variant:
    return shop.sell("MUG", name="Speckled mug", price=741)


@pytest.fixture
def paying(shop: Shop, mug: Variant, browser: Browser) -> Browser:
    """Give a browser that has opened the payment of two mugs and a jug."""
    shop.sell("JUG", name="Milk jug", price=300)
    browser.put("JUG")
    browser.put(mug.sku, 2)
    browser.start()
    browser.open("/checkout")
    return browser


@pytest.mark.databases("sqlite", "postgresql")
def test_a_price_that_rose_is_not_charged_and_is_told_line_by_line(
    shop: Shop, mug: Variant, session: Session, paying: Browser
) -> None:
    assert "Pay £17.82" in paying.page.text
    shown = paying.hidden()
    reprice(shop, mug, 1341)

    pay_as_shown(paying, shown=shown)

    assert ROW.findall(paying.page.text) == [
        ("2 \N{MULTIPLICATION SIGN} Speckled mug", "£14.82", "£26.82"),
        ("Subtotal", "£17.82", "£29.82"),
        ("Total", "£17.82", "£29.82"),
    ]
    assert "Pay £29.82" in paying.page.text
    assert "Nothing was charged" in paying.page.text
    assert count(session, PaymentOperation) == count(session, Order) == 0
    assert paying.lock().state == "pending"


@pytest.mark.databases("sqlite", "postgresql")
def test_who_agrees_pays_what_is_shown_now(shop: Shop, mug: Variant, session: Session, paying: Browser) -> None:
    shown = paying.hidden()
    reprice(shop, mug, 1341)
    pay_as_shown(paying, shown=shown)

    paid = paying.pay()

    assert paid.location.startswith("/orders/")
    assert "£29.82" in paying.follow().text
    assert check_all(session) == []


def test_a_reload_tells_it_again_and_charges_nothing(
    shop: Shop, mug: Variant, session: Session, paying: Browser
) -> None:
    shown = paying.hidden()
    reprice(shop, mug, 1341)
    pay_as_shown(paying, shown=shown)

    assert ROW.findall(paying.open("/checkout").text)
    assert count(session, PaymentOperation) == 0


def test_a_price_that_comes_back_is_no_change(shop: Shop, mug: Variant, paying: Browser) -> None:
    shown = paying.hidden()
    reprice(shop, mug, 1341)
    pay_as_shown(paying, shown=shown)
    reprice(shop, mug, 741)

    assert ROW.findall(paying.open("/checkout").text) == []


def test_a_price_that_fell_is_asked_about_too(shop: Shop, mug: Variant, session: Session, paying: Browser) -> None:
    shown = paying.hidden()
    reprice(shop, mug, 100)

    pay_as_shown(paying, shown=shown)

    assert ("Total", "£17.82", "£5.00") in ROW.findall(paying.page.text)
    assert count(session, PaymentOperation) == 0


NONSENSE = (
    "",
    "x",
    "1,2,3;4",
    "<script>",
    "9" * 5000,
    "1,2,3,4,5;6",
    "1,2,3,4,5;",
    "-1,2,3,4,5;6",
    "\N{ARABIC-INDIC DIGIT ONE},2,3,4,5;6",
)


def test_a_page_that_tells_nonsense_gets_the_totals_at_least(shop: Shop, mug: Variant, paying: Browser) -> None:
    shown = paying.hidden()
    kept = paying.client.get_cookie("session")
    assert kept is not None
    reprice(shop, mug, 1341)

    for told in NONSENSE:
        with in_case(told):
            paying.client.set_cookie("session", kept.value)  # which nothing has been told yet
            pay_as_shown(paying, shown=shown | {"shown": told})

            assert ROW.findall(paying.page.text)[-1] == ("Total", "£17.82", "£29.82")
            assert "<script>" not in paying.page.text


def test_a_page_that_told_no_total_is_shown_again(shop: Shop, mug: Variant, session: Session, paying: Browser) -> None:
    kept = paying.hidden()

    paying.send("/checkout", key=kept["key"], checkout=kept["checkout"], method="card", token="tok_visa")

    assert "Look at the total once more" in paying.follow().text
    assert count(session, PaymentOperation) == 0


def test_the_card_that_was_chosen_stays_chosen(shop: Shop, mug: Variant, paying: Browser) -> None:
    shown = paying.hidden()
    reprice(shop, mug, 1341)

    paying.send("/checkout", **shown | {"method": "paypal", "token": "tok_slow"})

    checked = re.findall(r"<input[^>]*checked[^>]*>", paying.follow().text)
    assert [re.search(r'value="([^"]*)"', each)[1] for each in checked] == ["paypal", "tok_slow"]  # type: ignore[index]


@pytest.mark.databases("sqlite", "postgresql")
def test_discount_shipping_and_tax_are_rows_of_their_own(shop: Shop, session: Session, browser: Browser) -> None:
    shop.sell("MUG", price=1000)
    add(
        session,
        TaxRate(country="GB", name="VAT", rate=Decimal("0.2")),
        ShippingMethod(code="post", name="Post", currency_code="GBP", price=500),
        Coupon(code="TEN", name="Ten per cent", kind=CouponKind.PERCENT, value=10),
    )
    browser.put()
    browser.send("/cart/coupon", of="/cart", coupon="TEN")
    browser.start()
    browser.open("/checkout")
    shown = browser.hidden()
    edit(session, update(TaxRate).values(rate=Decimal("0.25")))
    edit(session, update(ShippingMethod).values(price=700))
    edit(session, update(Coupon).values(value=20))

    pay_as_shown(browser, shown=shown)

    assert ROW.findall(browser.page.text) == [
        ("Discount", "£1.00", "£2.00"),
        ("Shipping", "£5.00", "£7.00"),
        ("Tax", "£1.80", "£2.00"),
        ("Total", "£15.80", "£17.00"),
    ]


def test_of_a_hundred_new_prices_the_session_keeps_what_a_cookie_holds(shop: Shop, browser: Browser) -> None:
    mugs = [shop.sell(f"MUG-{number}", price=1000 + number) for number in range(100)]
    browser.open("/products/MUG-0")
    token = browser.hidden()["csrf_token"]
    for number in range(100):
        browser.client.post("/cart/add", data={"csrf_token": token, "sku": f"MUG-{number}", "quantity": 1})
    browser.start()
    browser.open("/checkout")
    shown = browser.hidden()
    for number, mug in enumerate(mugs):
        reprice(shop, mug, 2000 + 7 * number)

    pay_as_shown(browser, shown=shown)

    kept = browser.client.get_cookie("session")
    assert kept is not None
    assert len(kept.value) < 3900
    assert ROW.findall(browser.page.text)[-1][0] == "Total"


@pytest.mark.databases("sqlite", "postgresql")
def test_prices_frozen_at_the_start_are_what_is_shown(shop: Shop, browser_at: Callable[..., Browser]) -> None:
    mug = shop.sell("MUG", price=1000)
    browser = browser_at(CHECKOUT_RESERVE_ON_START="true")
    browser.put()
    browser.start()
    reprice(shop, mug, 1200)

    assert "Pay £10.00" in browser.open("/checkout").text
    assert browser.pay().location.startswith("/orders/")
