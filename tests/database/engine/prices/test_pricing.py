"""What a cart costs: tax by country and class, shipping, currencies; frozen when the prices are locked."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from console.engine import Addresses, process, start
from console.engine.care.invariants import check_all
from console.engine.errors import InvalidCart
from console.engine.runtime import CheckoutConfig, attach
from console.gateways.sandbox import SandboxGateway
from console.models import (
    ExchangeRate,
    Order,
    PriceSnapshot,
    ShippingMethod,
    TaxRate,
)
from console.testing.factories import ADDRESS, VISA, Shop
from tests.support.engine.merchant import add, buy, pounds_in, ten_percent, vat
from tests.support.engine.rows import read, read_one

DUBLIN = Addresses({**ADDRESS, "city": "Dublin", "country": "IE"})


def test_tax_goes_by_the_country_and_the_class(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    shop.sell("BOOK", price=1000, tax_class="zero")
    add(
        session,
        TaxRate(country="GB", name="VAT", rate=Decimal("0.2")),
        TaxRate(country="IE", name="VAT", rate=Decimal("0.23")),
    )

    british = buy(session, shop, ("MUG", 1), ("BOOK", 1))
    irish = buy(session, shop, ("MUG", 1), addresses=DUBLIN)

    assert (british.sub_total, british.tax_total, british.total) == (2000, 200, 2200)
    assert irish.tax_total == 230
    [line] = read(session, PriceSnapshot, sku="MUG", tax_rate=Decimal("0.23"))
    assert line.tax_breakdown[0]["amount"] == 230


def test_a_tax_that_prices_include_adds_nothing(
    session: Session, shop: Shop, database: Engine, gateway: SandboxGateway
) -> None:
    attach(database, config=CheckoutConfig(prices_include_tax=True), gateway=gateway)
    shop.sell("MUG", price=1200)
    add(session, TaxRate(country="GB", name="VAT", rate=Decimal("0.2")))

    order = buy(session, shop)

    assert (order.total, order.tax_total) == (1200, 0)
    assert read_one(session, PriceSnapshot, sku=None).tax_breakdown[0]["amount"] == 200


def test_shipping_is_chosen_by_country_and_free_above_an_amount(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000, stock=100)
    home = {"currency_code": "GBP", "price": 300, "free_above": 5000}
    add(
        session,
        ShippingMethod(code="world", name="World", currency_code="GBP", price=900),
        ShippingMethod(code="home", name="Home", country="GB", **home),
    )

    assert buy(session, shop, ("MUG", 1)).shipping_total == 300
    assert buy(session, shop, ("MUG", 5)).shipping_total == 0
    assert buy(session, shop, ("MUG", 1), addresses=DUBLIN).shipping_total == 900


def test_a_cart_in_another_currency_is_converted_and_its_rate_kept(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    add(session, ExchangeRate(base_currency="GBP", quote_currency="JPY", rate=Decimal("190.5")))

    order = buy(session, shop, ("MUG", 2), currency="JPY")

    assert (order.total, order.currency) == (3810, "JPY")
    snapshot = read_one(session, PriceSnapshot, sku=None)
    assert (snapshot.exchange_rate, snapshot.compare_currency_code) == (Decimal("190.5"), "GBP")


def test_a_rate_moved_during_the_checkout_does_not_change_what_is_paid(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    rate = ExchangeRate(base_currency="GBP", quote_currency="JPY", rate=Decimal("190.5"))
    add(session, rate)
    order = buy(session, shop, ("MUG", 2), currency="JPY")
    rate.rate = Decimal(300)
    session.commit()

    assert read_one(session, Order, id=order.id).total == 3810


def test_what_was_agreed_to_cost_nothing_costs_nothing(session: Session, shop: Shop, gateway: SandboxGateway) -> None:
    shop.sell("MUG", price=1000)
    add(session, vat())
    cart = shop.cart(agreed=[("MUG", 3, 0), ("MUG", 1, 1)])
    free = shop.cart(agreed=[("MUG", 1, 0)])

    orders = [process(session, start(session, each, session_id="phone"), payment=VISA) for each in (cart, free)]

    assert [(order.total, order.status) for order in orders] == [(1, "paid"), (0, "paid")]
    assert [charge.captured for charge in gateway.ledger()] == [1]
    assert check_all(session) == []


def test_a_cart_in_dinars_has_three_decimals_in_everything(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1099)
    add(session, pounds_in("KWD", "0.3895"), vat(), ten_percent(value=Decimal("12.5")))
    add(session, ShippingMethod(code="w", name="World", currency_code="GBP", price=500, tax_class="standard"))

    order = buy(session, shop, ("MUG", 3), currency="KWD", coupon_code="TEN")

    # 10.99 GBP are 4.281 KWD, three of them 12.843; 12.5 % is 1.605, and 20 % of what is left 2.248
    assert (order.sub_total, order.discount_total, order.tax_total) == (12843, 1605, 2248)
    assert (order.shipping_total, order.total) == (1948 + 390, 12843 - 1605 + 2248 + 2338)


def test_prices_of_a_currencys_own_are_not_said_to_be_converted(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1500, currency="JPY")

    order = buy(session, shop, currency="JPY")

    snapshot = read_one(session, PriceSnapshot, sku=None)
    assert (order.total, snapshot.compare_currency_code, snapshot.exchange_rate) == (1500, "JPY", Decimal(1))


def test_a_cart_whose_currency_cannot_pay_the_shipping_is_not_shipped_for_nothing(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1500, currency="JPY")
    add(session, ShippingMethod(code="w", name="World", currency_code="GBP", price=500))

    with pytest.raises(InvalidCart, match="Shipping has no price in JPY"):
        shop.checkout(currency="JPY")


def test_a_cart_worth_more_than_can_be_counted_is_refused(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=10**10, stock=10**6)
    shop.sell("ORE", price=10**10, stock=10**6)
    lock = shop.checkout(("MUG", 100_000), ("ORE", 100_000))

    with pytest.raises(InvalidCart, match="worth more than can be paid"):
        process(session, lock, payment=VISA)


def test_a_snapshot_says_how_its_prices_came_about(session: Session, shop: Shop) -> None:
    shop.sell("MUG", price=1000)
    add(session, vat(), ten_percent(minimum_amount=500))
    add(session, ShippingMethod(code="home", name="Home", currency_code="GBP", price=300, tax_class="standard"))

    buy(session, shop, ("MUG", 2), coupon_code="TEN")

    cart, line = read(session, PriceSnapshot)
    discount = {"code": "TEN", "name": "Ten off", "percent": "10", "base": 2000, "amount": 200}
    goods = {"name": "VAT", "tax_class": "standard", "rate": "0.2", "base": 1800, "amount": 360, "included": False}
    assert cart.discount_breakdown == line.discount_breakdown == cart.applied_discounts == [discount]
    assert line.tax_breakdown == [goods]
    assert cart.tax_breakdown == [goods, {**goods, "base": 300, "amount": 60, "on": "shipping"}]
    assert (line.tax_rate, cart.shipping_method, cart.shipping_total) == (Decimal("0.2"), "Home", 360)
    assert cart.promotion_details == {
        "code": "TEN", "name": "Ten off", "kind": "percent", "value": "10", "minimum_amount": 500,
    }  # fmt: skip
